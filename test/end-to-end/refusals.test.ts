import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { echo, makePhantom, sendFiles } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { editElement } from './dataset.ts';
import type { Gantry } from './gantry-process.ts';
import { dcmtkSend } from './senders.ts';
import { Site } from './site.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const mrImageStorage = '1.2.840.10008.5.1.4.1.1.4';
const studyInstanceUidTag = 0x0020_000d;

interface Story {
  readonly uid: string;
  readonly events: readonly { readonly at: string; readonly what: string; readonly why: string }[];
}

describe('what is not wanted', { concurrency: true }, () => {
  let site: Site;
  let gantry: Gantry;
  let folder: string;

  before(async () => {
    folder = await temporaryFolder();
    site = await Site.open({
      rejectUnknownSources: true,
      // Both are us; only one of them is where it says it is.
      sources: { CT1: { aeTitle: 'CT1', host: ['10.99.0.0/16', '127.0.0.0/8'] }, FAR: { aeTitle: 'FAR', host: '127.0.0.2' } },
      aeTitles: {
        QUIET: { ignoredSopClasses: [ctImageStorage] },
        MRONLY: { allowedSopClasses: [mrImageStorage], verification: false },
      },
      workflows: {
        magnets: `
workflow: magnets
on:
  received:
    calledAeTitle: MAGNETS
    when: \${{ instance.Modality == 'MR' }}
steps:
  - { uses: group/by-study }
  - { uses: batch/timeout, with: { quiet: 2s } }
`,
        anything: `
workflow: anything
on: { received: { calledAeTitle: ANYTHING } }
steps:
  - { uses: group/by-study }
  - { uses: batch/timeout, with: { quiet: 20m, limit: 30m } }
`,
      },
    });
    gantry = await site.start();
  });
  after(async () => {
    await site.close();
    await removeFolder(folder);
  });

  const slice = async (name: string) => {
    const { files, studyInstanceUid } = await makePhantom({ folder: join(folder, name), slices: 1, size: 16 });
    const [file] = files;
    assert.ok(file);
    return { ...file, studyInstanceUid };
  };

  for (const [who, from] of [
    ['that no source has', 'STRANGER'],
    ['of a source, from another host,', 'FAR'],
  ] as const) {
    it(`a calling AE title ${who} is rejected: permanent, service user, calling AE title not recognised (1/1/3)`, async (t) => {
      const dcmtk = requirePeer(t, 'dcmtk');
      if (dcmtk === null) return;
      const { path } = await slice(from);
      const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { from, to: 'ANYTHING' }, path);
      assert.notEqual(status, 0);
      assert.match(stderr, /Result: Rejected Permanent, Source: Service User\n.*Reason: Calling AE Title Not Recognized/);
      await until('a line in the log', async () => new RegExp(`"callingAeTitle":"${from}".*"code":"1/1/3"`).test(await site.log()));
    });
  }

  it('a called AE title that nobody named is rejected: permanent, service user, called AE title not recognised (1/1/7)', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { path } = await slice('nobody');
    const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { from: 'CT1', to: 'NOBODY' }, path);
    assert.notEqual(status, 0);
    assert.match(stderr, /Result: Rejected Permanent, Source: Service User\n.*Reason: Called AE Title Not Recognized/);
    await until('a line in the log', async () => /"calledAeTitle":"NOBODY".*"code":"1\/1\/7"/.test(await site.log()));
  });

  it('an ignored SOP class is answered with Success, and nothing is kept of it', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { path, sopInstanceUid, studyInstanceUid } = await slice('quiet');
    const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { from: 'CT1', to: 'QUIET' }, path);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Received Store Response \(Success\)/);
    // The association's end is logged after all that it brought.
    await until('a line in the log', async () => /"calledAeTitle":"QUIET".*association ended/.test(await site.log()));
    assert.deepEqual(await site.json('instances', 'list', '--study', studyInstanceUid), []);
    assert.equal((await site.run('explain', sopInstanceUid)).status, 1);
  });

  it('a SOP class that is not among the allowed ones is refused when the association is made, and C-ECHO where it is switched off', async () => {
    const file = await slice('not-allowed');
    const to = (aeTitle: string) => ({ aeTitle, ...gantry.dicom });
    const from = { callingAeTitle: 'CT1' };
    const [result] = await sendFiles(to('MRONLY'), [file], from);
    assert.deepEqual([result?.outcome, result?.status], ['refused', null]);
    assert.match(result?.detail ?? '', /^SOP class refused/, 'result 3, abstract syntax not supported');
    await assert.rejects(echo(to('MRONLY'), from));
    assert.ok(await echo(to('QUIET'), from));
    await until('a line in the log', async () => /"calledAeTitle":"MRONLY".*association ended/.test(await site.log()));
    assert.deepEqual(await site.json('instances', 'list', '--study', file.studyInstanceUid), []);
  });

  it('an instance that no workflow wants is reclaimed at once, and its story says why', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { path, sopInstanceUid, studyInstanceUid } = await slice('unwanted');
    const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { from: 'CT1', to: 'MAGNETS' }, path);
    assert.equal(status, 0, stderr);
    await reclaimed(studyInstanceUid, sopInstanceUid, 'magnets: its rule says no');
  });

  it('an instance without the attribute that its workflow groups by is reclaimed at once, and its story says why', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { path, sopInstanceUid } = await slice('homeless');
    await editElement(path, studyInstanceUidTag, 'UI', null);
    const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { from: 'CT1', to: 'ANYTHING' }, path);
    assert.equal(status, 0, stderr);
    await reclaimed(null, sopInstanceUid, 'anything: it lacks what group/by-study groups by');
  });

  async function reclaimed(studyInstanceUid: string | null, sopInstanceUid: string, why: string): Promise<void> {
    const row = await until('it to be reclaimed', async () => {
      const rows = await site.instances(studyInstanceUid === null ? {} : { studyInstanceUid });
      return rows.find((instance) => instance.sopInstanceUid === sopInstanceUid && instance.state === 'reclaimed');
    });
    assert.ok(!(await site.storedFiles()).includes(site.storedPath(row)), 'its file is gone');
    assert.deepEqual(row.claims, []);
    const story = await site.json<Story>('explain', sopInstanceUid);
    assert.equal(story.uid, sopInstanceUid);
    const told = story.events.map(({ what, why: because }) => (what === 'received' ? what : `${what}: ${because}`));
    assert.deepEqual(told, ['received', `not wanted: ${why}`, 'reclaimed: nothing held it any more; its file is deleted']);
    assert.equal((await (await gantry.runs()).list({})).length, 0, 'no run was made');
  }
});
