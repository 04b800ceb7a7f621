import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { removeFolder, temporaryFolder } from '../end-to-end/temporary-folder.ts';
import { requirePeer } from '../peers/peers.ts';
import { dcmjsDimse } from './dcmjs-dimse.ts';
import { dcmsend, storescu } from './dcmtk.ts';
import { gdcmscu } from './gdcm.ts';
import { type Ground, prepareGround } from './ground.ts';
import { interopTable, spell } from './interop-page.ts';
import { OrthancSender } from './orthanc.ts';
import { pynetdicom } from './pynetdicom.ts';
import type { Sender } from './sender.ts';
import { type Cell, cell, encodingsOf, isEncoding, type RowName, rowNames, type SenderName, senderNames, titleOf } from './table.ts';
import { Trial } from './trial.ts';
import { versionOf } from './version-of.ts';

/** Short, for the rest of an AE title says what it is for. */
const aeTitles: Readonly<Record<SenderName, string>> = {
  storescu: 'STORESCU',
  dcmsend: 'DCMSEND',
  pynetdicom: 'PYNETDIC',
  gdcmscu: 'GDCMSCU',
  Orthanc: 'ORTHANC',
  'dcmjs-dimse': 'DCMJS',
};

const measuredTable = resolve(import.meta.dirname, '../.cache/interop.md');

let folder: string;
let ground: Promise<Ground> | null = null;
const senders: Sender[] = [];
const trials = new Map<SenderName, Promise<Trial>>();
const measured = new Map<string, Cell>();
const versions = new Map<string, string>();

before(async () => {
  folder = await temporaryFolder();
});

after(async () => {
  for (const sender of senders) await sender.stop?.();
  await (await ground)?.site.close();
  await removeFolder(folder);
  const table = interopTable((sender, row) => {
    const came = measured.get(`${sender} ${row}`);
    return came === undefined ? 'not run' : spell(came, () => '');
  });
  await mkdir(resolve(measuredTable, '..'), { recursive: true });
  await writeFile(measuredTable, `${[...versions.values()].join(', ')}\n\n${table}`);
});

/** The sender, ready; null where its peer is not installed. */
function requireTrial(t: TestContext, name: SenderName): Promise<Trial> | null {
  const dcmtk = requirePeer(t, 'dcmtk');
  const gdcm = requirePeer(t, 'gdcm');
  const openssl = requirePeer(t, 'openssl');
  const python = name === 'pynetdicom' ? requirePeer(t, 'pynetdicom') : undefined;
  const orthanc = name === 'Orthanc' ? requirePeer(t, 'orthanc') : undefined;
  if (dcmtk === null || gdcm === null || openssl === null || python === null || orthanc === null) return null;
  ground ??= prepareGround(folder, { ...dcmtk, ...gdcm }, openssl.openssl);
  const start = async (shared: Promise<Ground>): Promise<Trial> => {
    const { authority, own } = await shared;
    const files = join(folder, name);
    await mkdir(files);
    const open: Readonly<Record<SenderName, () => Sender | Promise<Sender>>> = {
      storescu: () => storescu(dcmtk, files),
      dcmsend: () => dcmsend(dcmtk),
      gdcmscu: () => gdcmscu(gdcm, files),
      'dcmjs-dimse': () => dcmjsDimse(),
      pynetdicom: () => pynetdicom(python ?? assert.fail()),
      Orthanc: () => OrthancSender.start(orthanc ?? assert.fail(), { folder: files, own, authority }),
    };
    const sender = await open[name]();
    senders.push(sender);
    versions.set(name, await versionOf(name, { ...dcmtk, ...gdcm, ...python, ...orthanc }));
    return new Trial(sender, await shared, aeTitles[name], encodingsOf(name));
  };
  const trial = trials.get(name) ?? start(ground);
  trials.set(name, trial);
  return trial;
}

const ask = (trial: Trial, row: RowName): Promise<Cell> => {
  if (isEncoding(row)) return trial.encoding(row);
  switch (row) {
    case 'echo':
      return trial.echo();
    case 'privateClass':
      return trial.privateAccepted('class');
    case 'privateClassRefused':
      return trial.privateRefused('class');
    case 'privateSyntax':
      return trial.privateAccepted('syntax');
    case 'privateSyntaxRefused':
      return trial.privateRefused('syntax');
    case 'manyContexts':
      return trial.manyContexts();
    case 'tls':
      return trial.tls(false);
    case 'mutualTls':
      return trial.tls(true);
  }
};

/** What came out is what the table says, or better: a newer peer may send as is what an older one encoded anew. */
function assertAsDeclared(came: Cell, declared: Cell): void {
  const allowed = declared.outcome === 'as sent' ? ['as is', 'as sent'] : [declared.outcome];
  assert.ok(allowed.includes(came.outcome), `${JSON.stringify(came)}, where ${declared.outcome} is declared`);
  if (came.outcome === 'refused' && declared.outcome === 'refused') assert.equal(came.status, declared.status);
  if (came.outcome === 'contexts' && declared.outcome === 'contexts')
    assert.ok(came.count >= declared.count, `${came.count} contexts, ${declared.count} or more expected`);
}

for (const name of senderNames) {
  describe(name, () => {
    for (const row of rowNames) {
      const declared = cell(name, row);
      if (declared.outcome === 'n/a') {
        measured.set(`${name} ${row}`, declared);
        continue;
      }
      it(`${titleOf(row)}: ${spell(declared, () => '')}`, async (t) => {
        const trial = await requireTrial(t, name);
        if (trial === null) return;
        const came = await ask(trial, row);
        measured.set(`${name} ${row}`, came);
        assertAsDeclared(came, declared);
      });
    }

    it('is let go as it asks: its associations end by release', async (t) => {
      const trial = await requireTrial(t, name);
      if (trial === null) return;
      assert.deepEqual(await trial.endings(), ['released']);
    });
  });
}
