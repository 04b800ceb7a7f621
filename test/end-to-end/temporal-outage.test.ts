import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makePhantom, type Phantom, sendFiles } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import type { Gantry } from './gantry-process.ts';
import { signalProcess } from './process-tree.ts';
import { dcmtkSend } from './senders.ts';
import { Site } from './site.ts';
import { TemporalServer } from './temporal-server.ts';
import { until } from './until.ts';

const workflow = (name: string, quiet: string): string => `
workflow: ${name}
on: { received: { calledAeTitle: AWAY } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: ${quiet}, limit: 30m } }
`;
/** Ends when the test says so; the other's quiet periods end while Temporal is away. */
const workflows = { patient: workflow('patient', '20m'), brisk: workflow('brisk', '3s') };
const awayMs = 20_000;

interface Outage {
  readonly site: Site;
  readonly gantry: Gantry;
  /** Away for 20 s, `meanwhile` included. */
  away(meanwhile: () => Promise<void>): Promise<void>;
}

/** One study that has begun when Temporal goes, and one that begins while it is away: all of both is acknowledged meanwhile, and reaches its run. */
async function seeThrough(t: TestContext, { site, gantry, away }: Outage): Promise<void> {
  const dcmtk = requirePeer(t, 'dcmtk');
  if (dcmtk === null) return;
  const begun = await makePhantom({ folder: join(site.folder, 'begun'), slices: 8, size: 16 });
  const fresh = await makePhantom({ folder: join(site.folder, 'fresh'), slices: 4, size: 16 });
  const send = async ({ files }: typeof begun, from: number, to: number): Promise<void> => {
    const paths = files.slice(from, to).map(({ path }) => path);
    const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { to: 'AWAY' }, ...paths);
    assert.equal(status, 0, stderr);
  };
  const [begunId, freshId] = [`patient/AWAY/${begun.studyInstanceUid}`, `patient/AWAY/${fresh.studyInstanceUid}`];

  await send(begun, 0, 2);
  await gantry.run(begunId, ({ stage }) => stage === 'collecting', 'collecting');
  await away(async () => {
    await send(begun, 2, 5);
    await send(fresh, 0, 4);
    await send(begun, 5, 8);
  });

  await Promise.all([gantry.complete(begunId, 8), gantry.complete(freshId, 4)]);
  for (const [id, instances] of [[begunId, 8] as const, [freshId, 4] as const]) {
    const run = await gantry.ended(id);
    assert.deepEqual({ status: run.status, instances: run.instances }, { status: 'COMPLETED', instances });
  }
  await until('all to be reclaimed', async () => (await site.instances()).every(({ state }) => state === 'reclaimed'));
  const rows = await (await gantry.runs()).list({ workflow: 'brisk' });
  assert.equal(
    rows.reduce((sum, { instances }) => sum + instances, 0),
    12,
    'each in one run of the short quiet period',
  );
  assert.equal((await (await gantry.runs()).list({ workflow: 'patient' })).length, 2, 'no run twice');
}

describe('while Temporal is away', { concurrency: true }, () => {
  async function onExisting(t: TestContext): Promise<{ readonly site: Site; readonly server: TemporalServer; readonly gantry: Gantry }> {
    const site = await Site.open({ workflows });
    const server = await TemporalServer.make(site.folder);
    t.after(async () => {
      // An engine drains better with its Temporal there.
      server.resume();
      await site.close();
      await server.kill();
    });
    await server.start();
    const gantry = await site.start({ env: { TEMPORAL_ADDRESS: server.address } });
    assert.equal(gantry.temporalAddress, server.address);
    return { site, server, gantry };
  }

  it('hanging for 20 s, instances are acknowledged, commands say so in a line, and all reach their run', async (t) => {
    const { site, server, gantry } = await onExisting(t);
    await seeThrough(t, {
      ...{ site, gantry },
      async away(meanwhile) {
        server.pause();
        const back = pause(awayMs);
        await meanwhile();
        const { status, stdout, stderr } = await site.run('runs', 'list');
        assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
        assert.match(stderr, /^GY508 no Temporal server answers at [^\n]+\n$/);
        await back;
        server.resume();
      },
    });
  });

  it('hanging, an engine that is asked to stop ends all the same, and what came meanwhile reaches its run later', async (t) => {
    const { site, server, gantry } = await onExisting(t);
    const send = async (to: Gantry, { files }: Phantom) => {
      const results = await sendFiles({ aeTitle: 'AWAY', ...to.dicom }, files, { callingAeTitle: 'CT1' });
      assert.ok(results.every(({ outcome }) => outcome === 'stored'));
    };
    const [begun, fresh] = await Promise.all(
      ['begun', 'fresh'].map((name) => makePhantom({ folder: join(site.folder, name), slices: 2, size: 16 })),
    );
    assert.ok(begun && fresh);
    await send(gantry, begun);
    await gantry.run(`patient/AWAY/${begun.studyInstanceUid}`, ({ stage }) => stage === 'collecting', 'collecting');
    server.pause();
    await send(gantry, fresh);
    // Long enough that the wake-up for it, and the look after runs that comes every 10 s, are under way and without an answer.
    await pause(12_000);
    assert.equal(await gantry.stop(), 0);

    server.resume();
    const restarted = await site.start({ env: { TEMPORAL_ADDRESS: server.address } });
    for (const { studyInstanceUid } of [begun, fresh]) {
      const id = `patient/AWAY/${studyInstanceUid}`;
      await restarted.complete(id, 2);
      const run = await restarted.ended(id);
      assert.deepEqual({ status: run.status, instances: run.instances }, { status: 'COMPLETED', instances: 2 });
    }
  });

  it('killed, and started again after 20 s on its database, instances are acknowledged and all reach their run', async (t) => {
    const { site, server, gantry } = await onExisting(t);
    await seeThrough(t, {
      ...{ site, gantry },
      async away(meanwhile) {
        await server.kill();
        const back = pause(awayMs);
        await meanwhile();
        await back;
        await server.start();
      },
    });
  });

  it('the embedded server killed, it is started again by itself, and all reach their run', async (t) => {
    const site = await Site.open({ workflows });
    t.after(() => site.close());
    const gantry = await site.start();
    await seeThrough(t, {
      ...{ site, gantry },
      async away(meanwhile) {
        const pid = await gantry.temporalPid();
        signalProcess(pid, 'SIGKILL');
        await meanwhile();
        await until('another server', async () => (await gantry.temporalPid()) !== pid);
      },
    });
  });
});
