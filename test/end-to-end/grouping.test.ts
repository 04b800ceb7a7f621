import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makePhantom } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import type { Gantry } from './gantry-process.ts';
import { gateJob, openGate } from './gate-job.ts';
import { dcmtkSend, pynetdicomSend } from './senders.ts';
import { Site } from './site.ts';
import { StoreScp } from './store-scp.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

const collecting = (workflow: string, calledAeTitle: string, quiet: string, ...then: readonly string[]): string => `
workflow: ${workflow}
on: { received: { calledAeTitle: ${calledAeTitle} } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: ${quiet}, limit: 30m } }
${then.map((step) => `  - ${step}`).join('\n')}
late: next
`;
const toPacs = '{ id: out, uses: dicom/export, with: { destinations: [PACS] } }';
const gated = (gate: string): string => `{ id: held, uses: job/submit, with: { job: gate, parameters: { gate: ${gate} } } }`;

/** A row of `gantry runs list --json`. */
interface RunRow {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  readonly instances: number;
  readonly startedAt: string;
}

describe('a study on its way into runs', { concurrency: true }, () => {
  let site: Site;
  let gantry: Gantry;
  let pacs: StoreScp;
  let folder: string;

  before(async () => {
    folder = await temporaryFolder();
    pacs = await StoreScp.make(join(folder, 'pacs'));
    const dcmtk = requirePeer({ skip() {} }, 'dcmtk');
    if (dcmtk !== null) await pacs.start(dcmtk.storescp, '+B');
    site = await Site.open({
      destinations: { PACS: pacs.destination },
      jobs: { gate: gateJob },
      workflows: {
        once: collecting('once', 'ONCE', '10s', toPacs),
        thrice: collecting('thrice', 'THRICE', '3s', gated('first'), toPacs),
        first: collecting('first', 'BOTH', '20m'),
        second: collecting('second', 'BOTH', '20m', gated('second')),
      },
    });
    gantry = await site.start();
  });
  after(async () => {
    await site.close();
    await pacs.stop();
    await removeFolder(folder);
  });

  /** Rows of one Workflow Id, oldest first, as the command prints them. */
  async function runsOf(workflowId: string): Promise<readonly RunRow[]> {
    const rows = await site.json<readonly RunRow[]>('runs', 'list');
    return rows.filter((row) => row.workflowId === workflowId).toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  }
  const study = async (name: string, slices: number) => {
    const { studyInstanceUid, files } = await makePhantom({ folder: join(folder, name), slices, size: 16 });
    return { studyInstanceUid, paths: files.map(({ path }) => path), uids: files.map(({ sopInstanceUid }) => sopInstanceUid) };
  };

  it('is one run over three associations inside the quiet period', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    const python = requirePeer(t, 'pynetdicom');
    if (dcmtk === null || python === null) return;
    const { studyInstanceUid, paths } = await study('once', 9);
    const senders = [
      () => dcmtkSend(dcmtk.storescu, gantry, { to: 'ONCE' }, ...paths.slice(0, 3)),
      () => dcmtkSend(dcmtk.dcmsend, gantry, { to: 'ONCE' }, ...paths.slice(3, 6)),
      () => pynetdicomSend(python.python, gantry, { to: 'ONCE' }, ...paths.slice(6)),
    ];
    for (const send of senders) {
      const { status, stderr } = await send();
      assert.equal(status, 0, stderr);
      await pause(1_500);
    }
    const workflowId = `once/ONCE/${studyInstanceUid}`;
    const { status, instances } = await gantry.ended(workflowId);
    assert.deepEqual({ status, instances }, { status: 'COMPLETED', instances: 9 });
    assert.deepEqual(
      (await runsOf(workflowId)).map((run) => run.instances),
      [9],
    );
    const associations = new Set((await site.instances({ studyInstanceUid })).map(({ associationId }) => associationId));
    assert.equal(associations.size, 3);
  });

  it('is three runs, one after the other, over three associations that lie outside it', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { studyInstanceUid, paths, uids } = await study('thrice', 6);
    const workflowId = `thrice/THRICE/${studyInstanceUid}`;
    const send = async (from: number, to: number): Promise<void> => {
      const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { to: 'THRICE' }, ...paths.slice(from, to));
      assert.equal(status, 0, stderr);
    };
    await send(0, 1);
    await gantry.run(workflowId, ({ stage }) => stage === 'held', 'at its job');
    // The first run's batch is closed and its job is busy: these are late, and wait behind it.
    await send(1, 3);
    const waiting = await gantry.run(workflowId, (run) => run.waiting === 1, 'with one group waiting behind it');
    assert.deepEqual({ status: waiting.status, instances: waiting.instances }, { status: 'RUNNING', instances: 1 });
    await openGate(site, 'first');
    await until('the second run to be over', async () => {
      const [, second] = await runsOf(workflowId);
      return second !== undefined && second.status === 'COMPLETED';
    });
    await send(3, 6);
    await until('the third run to be over', async () => (await runsOf(workflowId))[2]?.status === 'COMPLETED');
    assert.deepEqual(
      (await runsOf(workflowId)).map(({ status, instances }) => [status, instances]),
      [
        ['CONTINUED_AS_NEW', 1],
        ['COMPLETED', 2],
        ['COMPLETED', 3],
      ],
    );
    const arrived = (await pacs.files()).filter((path) => uids.some((uid) => path.includes(uid)));
    assert.equal(arrived.length, 6, 'each instance has gone out once');
  });

  it('is one run of each workflow that claims it, and its files go when both have let go', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { studyInstanceUid, paths, uids } = await study('both', 4);
    const { status, stderr } = await dcmtkSend(dcmtk.dcmsend, gantry, { to: 'BOTH' }, ...paths);
    assert.equal(status, 0, stderr);
    const [first, second] = [`first/BOTH/${studyInstanceUid}`, `second/BOTH/${studyInstanceUid}`];
    await Promise.all([gantry.complete(first, 4), gantry.complete(second, 4)]);
    assert.equal((await gantry.ended(first)).status, 'COMPLETED');
    await gantry.run(second, ({ stage }) => stage === 'held', 'at its job');
    await until('the first to have let go', async () => {
      const rows = await site.instances({ studyInstanceUid });
      return rows.every(({ claims }) => claims.some(({ workflow, state }) => workflow === 'first' && state === 'released'));
    });
    // Time enough for a reclaimer that looks at one claim only.
    await pause(1_500);
    const held = await site.instances({ studyInstanceUid });
    const onDisk = new Set(await site.storedFiles());
    assert.ok(held.every((row) => row.state === 'held' && onDisk.has(site.storedPath(row))));

    await openGate(site, 'second');
    assert.equal((await gantry.ended(second)).status, 'COMPLETED');
    await until('the files to be gone', async () => {
      const files = new Set(await site.storedFiles());
      return held.every((row) => !files.has(site.storedPath(row)));
    });
    assert.deepEqual(
      (await runsOf(first)).map(({ instances }) => instances),
      [4],
    );
    assert.deepEqual(
      (await runsOf(second)).map(({ instances }) => instances),
      [4],
    );

    const [uid = ''] = uids;
    const story = await site.json<{ readonly events: readonly { readonly what: string; readonly why: string }[] }>('explain', uid);
    const claimed = story.events.filter(({ what }) => what === 'claimed').map(({ why }) => why);
    assert.deepEqual(claimed.toSorted(), [`by first for run ${first}`, `by second for run ${second}`]);
    assert.equal(story.events.at(-1)?.what, 'reclaimed');
  });
});
