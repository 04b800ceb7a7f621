import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createRegistry } from '../../engine/plugin/host.ts';
import { awaitSpace } from '../../engine/worker/await-space.ts';
import { mayRun, waitingForSpace } from '../../engine/worker/space-rules.ts';
import { plugins } from '../../plugins/index.ts';
import { activity, callOf, openParts } from './engine-parts.ts';

const gb = 1e9;
const low = { open: false, freeBytes: 1.24 * gb, reservedBytes: 5 * gb, totalBytes: 100 * gb };
const ample = { ...low, open: true, freeBytes: 50 * gb };
const pausing = { jobs: 'pause', exports: 'pause' } as const;
const goingOn = { jobs: 'go-on', exports: 'go-on' } as const;

/** The engine's parts with the space that `look` tells, a job that does nothing, and a destination that stores everything. */
async function setUp(test: TestContext, look: () => typeof low, belowReserve: { jobs: 'pause' | 'go-on'; exports: 'pause' | 'go-on' }) {
  const sent: string[] = [];
  const opened = await openParts(test, {
    registry: createRegistry(plugins),
    async sendFiles(_peer, files, { onResult }) {
      const results = files.map(({ sopInstanceUid }) => ({ sopInstanceUid, outcome: 'stored', status: 0, detail: null }) as const);
      for (const result of results) {
        sent.push(result.sopInstanceUid);
        onResult?.(result);
      }
      return results;
    },
  });
  const { config, storage } = opened.parts;
  const jobs = { nodules: { backend: 'process', options: { command: ['node', '-e', '0'] } } };
  const parts = {
    ...opened.parts,
    config: { ...config, jobs, storage: { ...config.storage, belowReserve } },
    storage: { ...storage, space: async () => look() },
  };
  return { ...opened, parts, sent };
}

const submitting = (group: number) => callOf('step', group, { step: 'nodules', options: { job: 'nodules' } });
const sending = (group: number) => callOf('step', group, { step: 'send', options: { destinations: ['PACS'] } });

describe('below the reserve', () => {
  it('steps go on or wait by rule; above it all go on', () => {
    for (const use of ['jobs', 'exports'] as const) {
      assert.equal(mayRun(use, ample, pausing), true);
      assert.equal(mayRun(use, low, pausing), false);
      assert.equal(mayRun(use, low, goingOn), true);
    }
    assert.equal(mayRun('exports', low, { jobs: 'pause', exports: 'go-on' }), true);
    assert.equal(waitingForSpace(low), 'waiting for space: 1.2 GB free, 5 GB reserved');
    assert.equal(waitingForSpace({ freeBytes: 0, reservedBytes: 0.5 * gb }), 'waiting for space: 0 MB free, 500 MB reserved');
  });

  it('a job that is to wait says so to its run, before anything is copied for it', async (test) => {
    const { parts, receive, dataFolder } = await setUp(test, () => low, { jobs: 'pause', exports: 'go-on' });
    await assert.rejects(activity(parts, 'job/submit').run(submitting(await receive('1.1'))), {
      type: 'WaitingForSpace',
      message: 'waiting for space: 1.2 GB free, 5 GB reserved',
      nonRetryable: true,
      details: [{ retryable: true, retryAfterMs: null, hint: null, waitsFor: 'jobs' }],
    });
    assert.deepEqual(await readdir(join(dataFolder, 'jobs')).catch(() => []), []);

    let looks = 0;
    const falling = await setUp(test, () => (++looks === 1 ? ample : low), { jobs: 'pause', exports: 'go-on' });
    await assert.rejects(activity(falling.parts, 'job/submit').run(submitting(await falling.receive('1.1'))), { type: 'WaitingForSpace' });
  });

  it('a job that is to go on does, and one that has begun ends', async (test) => {
    const { parts, receive } = await setUp(test, () => low, goingOn);
    assert.ok(await activity(parts, 'job/submit').run(submitting(await receive('1.1'))));

    let looks = 0;
    const falling = await setUp(test, () => (++looks <= 2 ? ample : low), pausing);
    assert.ok(await activity(falling.parts, 'job/submit').run(submitting(await falling.receive('1.1'))));
  });

  it('an export waits or goes on by its own rule', async (test) => {
    const waits = await setUp(test, () => low, { jobs: 'go-on', exports: 'pause' });
    await assert.rejects(activity(waits.parts, 'dicom/export').run(sending(await waits.receive('1.1'))), {
      type: 'WaitingForSpace',
      details: [{ retryable: true, retryAfterMs: null, hint: null, waitsFor: 'exports' }],
    });
    assert.deepEqual(waits.sent, []);

    const goes = await setUp(test, () => low, { jobs: 'pause', exports: 'go-on' });
    await activity(goes.parts, 'dicom/export').run(sending(await goes.receive('1.1')));
    assert.deepEqual(goes.sent, ['1.1']);
  });

  it('files are reclaimed whatever the rules say', async (test) => {
    const { parts, receive } = await setUp(test, () => low, pausing);
    assert.deepEqual(await activity(parts, 'storage/reclaim').run(callOf('step', await receive('1.1'))), {
      released: 1,
      retained: 0,
      retainedUntil: null,
    });
  });
});

describe('the wait for space', () => {
  it('tells in its heartbeat how much there is, and ends when there has been enough for a moment', async (test) => {
    const looks = [low, { ...low, freeBytes: 2 * gb }, ample, low, ample, ample, ample];
    let n = 0;
    const { parts } = await setUp(test, () => looks[n++] ?? assert.fail('it looks on'), pausing);
    const { environment } = activity(parts, 'gantry/await-space', { heartbeatTimeoutMs: 30 });
    const notes: unknown[] = [];
    environment.on('heartbeat', (details) => notes.push(details?.note));
    assert.equal(await environment.run(() => awaitSpace(parts, { use: 'jobs' }, 50)), null);
    assert.equal(n, looks.length);
    assert.ok(notes.includes('waiting for space: 1.2 GB free, 5 GB reserved'), JSON.stringify(notes));
  });

  it('is not for those that may go on', async (test) => {
    let n = 0;
    const { parts } = await setUp(test, () => [low, low, low][n++] ?? assert.fail('it looks on'), { jobs: 'pause', exports: 'go-on' });
    const { environment } = activity(parts, 'gantry/await-space');
    assert.equal(await environment.run(() => awaitSpace(parts, { use: 'exports' }, 10)), null);
    assert.equal(n, 3);
  });

  it('ends with its cancellation', async (test) => {
    const { parts } = await setUp(test, () => low, pausing);
    const { environment, run } = activity(parts, 'gantry/await-space');
    const waiting = run({ use: 'jobs' });
    environment.cancel('CANCELLED');
    await assert.rejects(waiting, { name: 'CancelledFailure' });
  });
});
