import assert from 'node:assert/strict';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { makePhantom, type Phantom, type SendResult, sendFiles } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { editElement } from './dataset.ts';
import { Site } from './site.ts';
import { StoreScp } from './store-scp.ts';
import { until } from './until.ts';

const patientName = { tag: 0x0010_0010, vr: 'PN', value: 'ZZSECRET^PATIENT' };
const patientId = { tag: 0x0010_0020, vr: 'LO', value: 'ZZID12345' };
/** Whatever is left of either is too much. */
const secrets = ['ZZSECRET', 'ZZID12345'];

const workflow = (name: string, job: string | null, when = ''): string => `
workflow: ${name}
on:
  received:
    calledAeTitle: ${name.toUpperCase()}
    ${when === '' ? '' : `when: \${{ ${when} }}`}
retries:
  once: { attempts: 1, exhausted: fail }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  ${job === null ? '' : `- { id: compute, uses: job/submit, with: { job: ${job} }, retry: once }`}
  ${job === null ? '' : '- { id: out, uses: dicom/export, with: { destinations: [PACS] }, retry: once }'}
`;

/** Each gets the patient's name from its input, as a real job would, and does with it what it should not. */
const job = (script: string) => ({
  command: [
    'node',
    '-e',
    `const fs = require('node:fs'); const { GANTRY_INPUT: input, GANTRY_OUTPUT: output } = process.env;
     const files = fs.readdirSync(input).map((name) => input + '/' + name);
     const name = /ZZ[A-Z]+.PATIENT/.exec(fs.readFileSync(files[0], 'latin1'))[0];
     ${script}`,
  ],
});

describe('who the patient is', () => {
  it('stands in instance files, and in no log, history, ledger, message or state of the engine', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const jobs = {
      copy: job(`fs.cpSync(input, output, { recursive: true })`),
      fails: job(`process.exit(1)`),
      'writes-no-json': job(`fs.writeFileSync(output + '/output.json', '{ "patient": "' + name + '" ')`),
      'writes-no-dicom': job(`fs.writeFileSync(output + '/' + name + '.dcm', name)`),
    };
    const site = await Site.open({
      workflows: {
        good: workflow('good', 'copy', `instance.PatientName != ''`),
        failing: workflow('failing', 'fails'),
        json: workflow('json', 'writes-no-json'),
        dicom: workflow('dicom', 'writes-no-dicom'),
        unwanted: workflow('unwanted', null, `instance.PatientID == 'somebody else'`),
        undecided: workflow('undecided', null, `int(instance.PatientID) > 5`),
        unroutable: workflow('unroutable', null, `instance.PatientName.matches(instance.PatientID + '(')`),
      },
    });
    t.after(() => site.close());
    const pacs = await StoreScp.make(join(site.folder, 'pacs'));
    t.after(() => pacs.stop());
    await pacs.start(dcmtk.storescp, '+B');
    await site.configure({ destinations: { PACS: pacs.destination }, jobs });
    const gantry = await site.start({ args: ['--log-level', 'debug'] });

    const study = async (name: string): Promise<Phantom> => {
      const phantom = await makePhantom({ folder: join(site.folder, 'studies', name), slices: 2, size: 16 });
      for (const { path } of phantom.files)
        for (const { tag, vr, value } of [patientName, patientId]) await editElement(path, tag, vr, value);
      return phantom;
    };
    const send = (calledAeTitle: string, files: Phantom['files']): Promise<readonly SendResult[]> =>
      sendFiles({ aeTitle: calledAeTitle, ...gantry.dicom }, files, { callingAeTitle: 'CT1' });

    const runs: Record<string, string> = {};
    const uids: string[] = [];
    for (const [name, expected] of [
      ['good', 'COMPLETED'],
      ['failing', 'FAILED'],
      ['json', 'FAILED'],
      ['dicom', 'FAILED'],
    ] as const) {
      const { studyInstanceUid, files } = await study(name);
      await send(name.toUpperCase(), files);
      runs[`${name}/${name.toUpperCase()}/${studyInstanceUid}`] = expected;
      uids.push(studyInstanceUid);
    }
    for (const [id, expected] of Object.entries(runs)) assert.equal((await gantry.ended(id)).status, expected, id);
    for (const [name, state] of [
      ['unwanted', 'reclaimed'],
      ['undecided', 'retained'],
      ['unroutable', 'retained'],
    ] as const) {
      const { studyInstanceUid, files } = await study(name);
      await send(name.toUpperCase(), files);
      await until(`what is ${name} to be ${state}`, async () => {
        const rows = await site.instances({ studyInstanceUid });
        return rows.length === 2 && rows.every((row) => row.state === state);
      });
      uids.push(studyInstanceUid);
    }

    // One that is not what its command says, and one that ends in the middle of an element.
    const [mistaken, cut] = (await study('refused')).files;
    assert.ok(mistaken && cut);
    await truncate(cut.path, 900);
    const refused = await send('GOOD', [{ ...mistaken, sopInstanceUid: '1.2.3' }, cut]);
    assert.deepEqual(
      refused.map(({ outcome }) => outcome),
      ['refused', 'refused'],
    );

    let said = JSON.stringify(refused);
    for (const uid of uids) said += (await site.run('explain', uid)).stdout;
    for (const id of Object.keys(runs))
      said += JSON.stringify(await site.json('runs', 'show', id)) + (await site.run('runs', 'show', id)).stdout;
    said +=
      JSON.stringify(await site.json('runs', 'list')) +
      JSON.stringify(await site.json('instances', 'list')) +
      (await site.run('doctor')).stdout;
    assert.equal(await gantry.stop(), 0);
    assert.deepEqual(
      secrets.filter((secret) => said.includes(secret)),
      [],
      'what commands print',
    );

    // What jobs wrote is theirs, and kept where they failed; what instances hold is what they are.
    const theirs = [join(site.data, 'instances'), join(site.data, 'jobs')];
    const entries = (await readdir(site.data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const files = entries
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !theirs.some((folder) => path.startsWith(folder)));
    const texts = new Map(
      await Promise.all([site.logFile, ...files].map(async (path) => [relative(site.folder, path), await readFile(path)] as const)),
    );
    const leaks = [...texts].flatMap(([path, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${path}`),
    );
    assert.deepEqual(leaks, []);
    // That text can be found in these files at all: UIDs stand in both databases.
    for (const uid of uids.slice(0, 4)) {
      const found = [...texts].filter(([, text]) => text.includes(uid)).map(([path]) => path);
      assert.ok(found.some((path) => path.includes('ledger.db')) && found.some((path) => path.includes('temporal-')), found.join(' '));
    }
  });
});
