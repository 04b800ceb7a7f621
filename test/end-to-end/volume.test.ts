import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { makePhantom } from '../../engine/dicom/index.ts';
import { connectTemporal } from '../../engine/temporal/connect.ts';
import { peerEnvironment, requirePeer } from '../peers/peers.ts';
import { collect, Site } from './site.ts';

/** GANTRY_TEST_LONG=1: the promise as it is made. Otherwise the same shape, shorter. */
const { instances, seconds, quiet } =
  process.env.GANTRY_TEST_LONG === '1' ? { instances: 1_000, seconds: 90, quiet: '10s' } : { instances: 200, seconds: 12, quiet: '6s' };

describe(`a study of ${instances} instances over ${seconds} s`, () => {
  it('costs at most 4 signals, and 200 history events up to its job', async (t) => {
    const python = requirePeer(t, 'pynetdicom');
    if (python === null) return;
    const site = await Site.open({
      jobs: { count: { command: ['node', '-e', `if (process.env.GANTRY_INSTANCES !== '${instances}') process.exit(1)`] } },
      workflows: {
        volume: `
workflow: volume
on: { received: { calledAeTitle: VOLUME } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: ${quiet}, limit: 30m } }
  - { id: count, uses: job/submit, with: { job: count } }
`,
      },
    });
    t.after(() => site.close());
    const study = await makePhantom({ folder: join(site.folder, 'study'), slices: instances, size: 16 });
    const gantry = await site.start();

    const begun = Date.now();
    const args = [gantry.dicom.host, String(gantry.dicom.port), 'VOLUME', join(site.folder, 'study'), String(seconds)];
    const sent = await collect(
      spawn(python.python, [resolve(import.meta.dirname, 'paced-sender.py'), ...args], {
        env: peerEnvironment,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    assert.equal(sent.status, 0, sent.stderr);
    assert.equal(Number(sent.stdout), instances, 'all were acknowledged');
    const took = (Date.now() - begun) / 1_000;

    const workflowId = `volume/VOLUME/${study.studyInstanceUid}`;
    const run = await gantry.ended(workflowId);
    assert.deepEqual({ status: run.status, instances: run.instances }, { status: 'COMPLETED', instances });

    const temporal = await connectTemporal({ address: gantry.temporalAddress }, 'default');
    t.after(() => temporal.close());
    const { events = [] } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    const job = events?.findIndex((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'job/submit') ?? -1;
    const upToJob = events?.slice(0, job + 1) ?? [];
    const signals = upToJob.filter((event) => event.workflowExecutionSignaledEventAttributes).length;
    t.diagnostic(
      `${instances} instances in ${took.toFixed(1)} s: ${signals} signals, ${upToJob.length} events up to the job, ${events?.length} in all`,
    );
    assert.ok(job > 0, 'the job is in the history');
    assert.ok(signals <= 4, `${signals} signals`);
    assert.ok(upToJob.length <= 200, `${upToJob.length} events`);
  });
});
