import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { makePhantom, sendFiles } from '../../engine/dicom/index.ts';
import { peerEnvironment, requirePeer } from '../peers/peers.ts';
import { datasetHash } from './dataset.ts';
import { gateJob, openGate } from './gate-job.ts';
import { processesNaming } from './process-tree.ts';
import { dcmtkSend } from './senders.ts';
import { collect, Site } from './site.ts';
import { StoreScp } from './store-scp.ts';
import { until } from './until.ts';

const workflow = (name: string, quiet: string): string => `
workflow: ${name}
on: { received: { calledAeTitle: CRASH } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: ${quiet}, limit: 30m } }
  - { id: out, uses: dicom/export, with: { destinations: [${name.toUpperCase()}] } }
`;

describe('an engine that is killed', { concurrency: true }, () => {
  it('loses nothing that it has acknowledged: a study goes on collecting in one run after the restart', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const site = await Site.open({
      workflows: {
        // Its quiet period outlasts the restart, however slow the machine; the other's ends while nothing runs.
        long: workflow('long', '20m'),
        short: workflow('short', '2s'),
      },
    });
    t.after(() => site.close());
    const [long, short] = [await StoreScp.make(join(site.folder, 'long')), await StoreScp.make(join(site.folder, 'short'))];
    t.after(() => Promise.all([long.stop(), short.stop()]));
    await Promise.all([long, short].map((scp) => scp.start(dcmtk.storescp, '+B')));
    await site.configure({ destinations: { LONG: long.destination, SHORT: short.destination } });
    const { studyInstanceUid, files } = await makePhantom({ folder: join(site.folder, 'study'), slices: 8, size: 16 });
    const paths = files.map(({ path }) => path);

    const killed = await site.start();
    const sent = await dcmtkSend(dcmtk.storescu, killed, { to: 'CRASH' }, ...paths.slice(0, 7));
    assert.equal(sent.status, 0, sent.stderr);
    await killed.kill();

    const gantry = await site.start();
    const last = await dcmtkSend(dcmtk.storescu, gantry, { to: 'CRASH' }, ...paths.slice(7));
    assert.equal(last.status, 0, last.stderr);
    const workflowId = `long/CRASH/${studyInstanceUid}`;
    await gantry.complete(workflowId, 8);
    const run = await gantry.ended(workflowId);
    assert.deepEqual({ status: run.status, instances: run.instances }, { status: 'COMPLETED', instances: 8 });
    const hashes = (scp: StoreScp) => scp.files().then((stored) => Promise.all(stored.map(datasetHash)));
    const sentHashes = (await Promise.all(paths.map(datasetHash))).toSorted();
    assert.deepEqual((await hashes(long)).toSorted(), sentHashes);

    await until('the runs of the short quiet period to be over', async () => {
      const rows = await site.instances({ studyInstanceUid });
      return rows.length === 8 && rows.every(({ state }) => state === 'reclaimed');
    });
    const rows = (await (await gantry.runs()).list({ workflow: 'short' })).filter(({ status }) => status !== 'RUNNING');
    assert.equal(
      rows.reduce((sum, { instances }) => sum + instances, 0),
      8,
      'each in one run of the short quiet period',
    );
    assert.deepEqual((await hashes(short)).toSorted(), sentHashes);
  });

  it('in the middle of a transfer has everything that the sender got Success for, and the study sent again completes it', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    const pynetdicom = requirePeer(t, 'pynetdicom');
    if (dcmtk === null || pynetdicom === null) return;
    const site = await Site.open({ workflows: { long: workflow('long', '20m') } });
    t.after(() => site.close());
    const scp = await StoreScp.make(join(site.folder, 'pacs'));
    t.after(() => scp.stop());
    await scp.start(dcmtk.storescp, '+B');
    await site.configure({ destinations: { LONG: scp.destination } });
    const { studyInstanceUid, files } = await makePhantom({ folder: join(site.folder, 'study'), slices: 300, size: 32 });
    const paths = files.map(({ path }) => path);

    const killed = await site.start();
    const { host, port } = killed.dicom;
    // A minute for all of it: however slow the machine is to notice, the kill comes in the middle.
    const args = [resolve(import.meta.dirname, 'paced-sender.py'), host, String(port), 'CRASH', join(site.folder, 'study'), '60'];
    const transfer = collect(spawn(pynetdicom.python, args, { env: peerEnvironment, stdio: ['ignore', 'pipe', 'pipe'] }));
    await until('some of it to be there', async () => (await site.instances()).length >= 20);
    await killed.kill();
    const { stdout, stderr } = await transfer;
    const successes = Number(stdout);
    assert.ok(successes >= 19 && successes < 300, `${successes} were acknowledged ${stderr}`);

    const gantry = await site.start();
    const kept = await site.instances({ studyInstanceUid });
    assert.ok(kept.length >= successes, `${kept.length} of ${successes} that were acknowledged are there`);
    const sentHashes = new Map(
      await Promise.all(files.map(async ({ sopInstanceUid, path }) => [sopInstanceUid, await datasetHash(path)] as const)),
    );
    for (const row of kept) assert.equal(await datasetHash(site.storedPath(row)), sentHashes.get(row.sopInstanceUid));
    assert.equal((await site.storedFiles()).length, kept.length, 'nothing of the cut-off instance is left');

    const again = await dcmtkSend(dcmtk.storescu, gantry, { to: 'CRASH' }, ...paths);
    assert.equal(again.status, 0, again.stderr);
    const workflowId = `long/CRASH/${studyInstanceUid}`;
    await gantry.complete(workflowId, 300);
    const run = await gantry.ended(workflowId);
    assert.deepEqual({ status: run.status, instances: run.instances }, { status: 'COMPLETED', instances: 300 });
    assert.equal(scp.requests, 300, 'each went out once');
  });

  it('alone, with its job and Temporal left running, takes over the one and ends the other when it starts again', async (t) => {
    const site = await Site.open({
      jobs: { gate: gateJob },
      workflows: {
        works: `
workflow: works
on: { received: { calledAeTitle: WORKS } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: held, uses: job/submit, with: { job: gate, parameters: { gate: open } } }
`,
      },
    });
    t.after(() => site.close());
    const { studyInstanceUid, files } = await makePhantom({ folder: join(site.folder, 'study'), slices: 2, size: 16 });
    const jobs = async () => (await processesNaming(join(site.data, 'jobs'))).map(({ pid }) => pid);

    const killed = await site.start();
    await sendFiles({ aeTitle: 'WORKS', ...killed.dicom }, files, { callingAeTitle: 'CT1' });
    const [orphan] = await until('the job to run', async () => {
      const pids = await jobs();
      return pids.length > 0 ? pids : null;
    });
    const temporal = await killed.temporalPid();
    await killed.killAlone();
    assert.deepEqual(await jobs(), [orphan], 'the job is left running');

    const gantry = await site.start();
    assert.equal(await gantry.temporalPid(), temporal);
    // Temporal gives the job to the new engine when it has missed the old one's heartbeats for 30 s.
    await until('the job to run again, and once', async () => {
      const pids = await jobs();
      return pids.length === 1 && pids[0] !== orphan;
    });
    await openGate(site, 'open');
    const run = await gantry.ended(`works/WORKS/${studyInstanceUid}`);
    assert.deepEqual({ status: run.status, instances: run.instances }, { status: 'COMPLETED', instances: 2 });
  });
});
