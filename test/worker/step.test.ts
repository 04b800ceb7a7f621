import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CancelledFailure } from '@temporalio/activity';
import type { SendOptions } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';
import { defineStep, fatal, type InstanceSet, retryable, type StepContext, Type } from '../../engine/plugin/index.ts';
import type { WorkerParts } from '../../engine/worker/index.ts';
import { activity, callOf, definitionHash, openParts, part10, runId, workflowId } from './engine-parts.ts';

/** A step that does what a test says. */
const step = (run: (context: StepContext, options: { n: number }) => Promise<unknown>) => ({
  steps: {
    'test/step': defineStep({
      title: 'A title',
      description: 'What it does.',
      options: Type.Object({ n: Type.Integer({ default: 1 }) }, { additionalProperties: false }),
      output: Type.Unknown(),
      summary: 'a step',
      timeout: '1m',
      run: (options, context) => run(context, options),
    }),
  },
});

describe('a step activity', () => {
  it('gives the step its options with defaults, and all that it may touch', async (test) => {
    const { parts, receive } = await openParts(test, {
      plugin: step(async ({ run, step, idempotencyKey, totals, instances, destinations }, options) => ({
        options,
        run,
        step,
        idempotencyKey,
        counted: totals.instances,
        group: instances.group,
        names: destinations.names,
      })),
    });
    const group = await receive('1.1', '1.2');
    const output = await activity(parts, 'test/step').run<{ group: InstanceSet }>(callOf('step', group, { attempt: 2, outcome: 'failed' }));
    assert.equal(output.group.count, 2);
    assert.deepEqual(
      { ...output, group: null },
      {
        options: { n: 1 },
        run: {
          workflow: 'lung-ct',
          workflowId,
          runId,
          calledAeTitle: 'LUNG',
          group: '1.2.3',
          definition: definitionHash.slice(0, 12),
          outcome: 'failed',
        },
        step: { id: 'a-step', attempt: 2 },
        idempotencyKey: `${workflowId}/${group}/a-step`,
        counted: 2,
        group: null,
        names: ['PACS'],
      },
    );
  });

  it('refuses options and outputs that the schemas do not allow', async (test) => {
    const { parts, receive } = await openParts(test, { plugin: step(async () => undefined) });
    const group = await receive('1.1');
    await assert.rejects(activity(parts, 'test/step').run(callOf('step', group, { options: { n: 'one' } })), {
      type: 'GY601',
      nonRetryable: true,
      message: 'step "a-step" (test/step): option "n" must be integer',
    });
    await assert.rejects(activity(parts, 'test/step').run(callOf('step', group)), { type: 'GY602', nonRetryable: true });
  });

  it('waits for a plugin that is not installed on this worker', async (test) => {
    const { parts, receive } = await openParts(test);
    await assert.rejects(
      activity(parts, 'acme/gone').run(callOf('step', await receive('1.1'))),
      (error: Error & { type: string; details: unknown[] }) => {
        assert.equal(error.type, 'GY606');
        assert.deepEqual({ ...(error.details[0] as object), hint: '' }, { retryable: true, retryAfterMs: 30_000, hint: '' });
        return true;
      },
    );
  });

  it('remembers over attempts, each step for itself', async (test) => {
    const { parts, receive } = await openParts(test, {
      plugin: step(async ({ journal, step }) => {
        const known = [...(await journal.read())];
        await journal.write({ [`attempt ${step.attempt}`]: { of: step.id } });
        return known;
      }),
    });
    const group = await receive('1.1');
    assert.deepEqual(await activity(parts, 'test/step').run(callOf('step', group)), []);
    assert.deepEqual(await activity(parts, 'test/step').run(callOf('step', group, { attempt: 2 })), [['attempt 1', { of: 'a-step' }]]);
    assert.deepEqual(await activity(parts, 'test/step').run(callOf('step', group, { step: 'another' })), []);
  });

  it('beats as long as it runs, and tells how far it is', async (test) => {
    const beats: unknown[] = [];
    let beaten = (): void => {};
    const beatsAre = async (enough: () => boolean): Promise<void> => {
      while (!enough()) {
        await new Promise<void>((resolve) => {
          beaten = resolve;
        });
      }
    };
    const { parts, receive } = await openParts(test, {
      plugin: step(async ({ progress }) => {
        await beatsAre(() => beats.length >= 4);
        progress(3, 10, 'PACS 3/10');
        await beatsAre(() => beats.at(-1) !== undefined);
        return null;
      }),
    });
    const { environment, run } = activity(parts, 'test/step', { heartbeatTimeoutMs: 60 });
    environment.on('heartbeat', (details) => {
      beats.push(details);
      beaten();
    });
    await run(callOf('step', await receive('1.1')));
    assert.equal(beats[0], undefined, 'the first says only that it has begun');
    assert.deepEqual(beats.at(-1), { done: 3, total: 10, note: 'PACS 3/10' });
    const after = beats.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(beats.length, after, 'it stops with the step');
  });

  it('passes the cancellation on, and ends as cancelled whatever the step then throws', async (test) => {
    let started = (): void => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const { parts, receive } = await openParts(test, {
      plugin: step(
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('the socket was closed')));
            started();
          }),
      ),
    });
    const { environment, run } = activity(parts, 'test/step');
    const ended = run(callOf('step', await receive('1.1')));
    await running;
    environment.cancel();
    await assert.rejects(ended, CancelledFailure);
  });

  it('leaves a step behind that does not end though it was cancelled', async (test) => {
    let started = (): void => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const { parts, receive, logged } = await openParts(test, {
      plugin: step(() => {
        started();
        return new Promise(() => {});
      }),
    });
    const group = await receive('1.1');
    const { environment, run } = activity(parts, 'test/step');
    const ended = run(callOf('step', group));
    await running;
    test.mock.timers.enable({ apis: ['setTimeout'] });
    environment.cancel();
    test.mock.timers.tick(30_000);
    await assert.rejects(ended, CancelledFailure);
    test.mock.timers.reset();
    assert.deepEqual(logged, ['a step does not end though it was cancelled; it is left behind']);
  });
});

describe("a step's error", () => {
  const failing = async (test: Parameters<typeof openParts>[0], error: unknown) => {
    const { parts, receive } = await openParts(test, { plugin: step(() => Promise.reject(error)) });
    return activity(parts, 'test/step')
      .run(callOf('step', await receive('1.1')))
      .then(
        () => assert.fail('it did not fail'),
        ({ type, message, nonRetryable, details, stack }) => ({ type, message, nonRetryable, details, stack }),
      );
  };

  it("is told with the plugin's code, hint and wish, and never retried by Temporal itself", async (test) => {
    assert.deepEqual(
      await failing(test, retryable('AssociationRejected', 'PACS: rejected (2/3/2)', { retryAfterMs: 5_000, hint: 'Wait.' })),
      {
        type: 'AssociationRejected',
        message: 'PACS: rejected (2/3/2)',
        nonRetryable: true,
        details: [{ retryable: true, retryAfterMs: 5_000, hint: 'Wait.' }],
        stack: '',
      },
    );
  });

  it('may pass where nobody knows it', async (test) => {
    const { stack, ...failure } = await failing(test, new TypeError('x is undefined'));
    assert.deepEqual(failure, {
      type: 'PluginFailed',
      message: 'TypeError: x is undefined',
      nonRetryable: true,
      details: [{ retryable: true, retryAfterMs: null, hint: null }],
    });
    assert.match(stack, /step\.test\.ts/);
    assert.equal((await failing(test, 'just text')).message, 'just text');
  });

  it('of the engine keeps its code, and may pass or not by what it is', async (test) => {
    const full = await failing(test, new GantryError('GY401', 'no space left'));
    assert.deepEqual([full.type, full.details[0].retryable, typeof full.details[0].hint], ['GY401', true, 'string']);
    assert.equal((await failing(test, new GantryError('GY417', 'group 1 is settled'))).details[0].retryable, false);
  });

  it('is cut, and cannot play with a terminal', async (test) => {
    const { message } = await failing(test, fatal('Odd', `a\x1b[2Jb\nc\u202e${'x'.repeat(10_000)}`));
    assert.equal(message.length, 2_000);
    assert.match(message, /^a \[2Jb\nc x+…$/);
  });
});

describe("a step's instances", () => {
  it('are read where they are stored', async (test) => {
    const { parts, receive, storage } = await openParts(test, { plugin: step(async ({ instances }) => instances.list(instances.group)) });
    const files = await activity(parts, 'test/step').run<{ path: string; sopInstanceUid: string }[]>(
      callOf('step', await receive('1.1', '1.2')),
    );
    assert.deepEqual(
      files.map(({ sopInstanceUid }) => sopInstanceUid),
      ['1.1', '1.2'],
    );
    for (const { path } of files) {
      assert.ok(path.startsWith(storage.root));
      assert.match(await readFile(path, 'utf8'), /dataset of 1\.\d$/);
    }
  });

  it('are put into a folder read-only, without a copy where that can be', async (test) => {
    const { parts, receive, dataFolder } = await openParts(test, {
      plugin: step(async ({ instances }) => {
        await instances.materialise(instances.group, join(dataFolder, 'input'));
        return (await instances.list(instances.group)).map(({ path }) => path);
      }),
    });
    const uids = Array.from({ length: 11 }, (_, index) => `1.${index}`);
    const [first = ''] = await activity(parts, 'test/step').run<string[]>(callOf('step', await receive(...uids)));
    const names = (await readdir(join(dataFolder, 'input'))).sort();
    assert.deepEqual([names.length, names[0], names.at(-1)], [11, '01.dcm', '11.dcm']);
    const [stored, placed] = await Promise.all([stat(first), stat(join(dataFolder, 'input', '01.dcm'))]);
    assert.equal(placed.ino, stored.ino);
    assert.equal(placed.mode & 0o777, 0o444);
  });

  it('are taken from an output folder as they are: DICOM files only, and links to nowhere', async (test) => {
    const { parts, receive, ledger, storage, dataFolder } = await openParts(test, {
      plugin: step(async ({ instances }) => instances.adopt(join(dataFolder, 'output'))),
    });
    const group = await receive('1.1');
    const output = join(dataFolder, 'output');
    await mkdir(join(output, 'deep', 'er'), { recursive: true });
    const elsewhere = join(dataFolder, 'secret.dcm');
    await writeFile(elsewhere, part10('9.9'));
    await Promise.all([
      writeFile(join(output, 'b.dcm'), part10('2.2', 'bytes of b')),
      writeFile(join(output, 'deep', 'er', 'no-extension'), part10('2.3', 'bytes of c')),
      writeFile(join(output, 'a.dcm'), part10('2.1', 'bytes of a')),
      writeFile(join(output, 'output.json'), '{}'),
      writeFile(join(output, 'short'), 'x'),
      symlink(elsewhere, join(output, 'link.dcm')),
      symlink(dataFolder, join(output, 'linked-folder')),
    ]);
    const set = await activity(parts, 'test/step').run<InstanceSet>(callOf('step', group));
    assert.equal(set.count, 3);
    const files = await ledger.files(set.set);
    assert.deepEqual(
      files.map(({ sopInstanceUid }) => sopInstanceUid),
      ['2.1', '2.2', '2.3'],
    );
    assert.deepEqual(await readFile(storage.resolve(files[0]?.path ?? '')), part10('2.1', 'bytes of a'));
  });

  const broken: readonly (readonly [string, string, Buffer, string])[] = [
    ['begins like DICOM and is none', 'result', Buffer.concat([Buffer.alloc(128), Buffer.from('DICMgarbage')]), 'not a DICOM Part 10 file'],
    ['is DICOM by its name only', 'result.DCM', Buffer.from('garbage'), 'named .dcm, and not a DICOM Part 10 file'],
  ];
  for (const [how, name, bytes, why] of broken) {
    it(`are not taken at all where one of them ${how}`, async (test) => {
      const { parts, receive, storage, dataFolder } = await openParts(test, {
        plugin: step(async ({ instances }) => instances.adopt(join(dataFolder, 'output'))),
      });
      const group = await receive('1.1');
      const before = (await storage.scan(new Set())).paths;
      await mkdir(join(dataFolder, 'output'));
      await writeFile(join(dataFolder, 'output', 'a.dcm'), part10('2.1'));
      await writeFile(join(dataFolder, 'output', name), bytes);
      await assert.rejects(activity(parts, 'test/step').run(callOf('step', group)), {
        type: 'OutputInvalid',
        message: `1 of its DICOM files cannot be used (${why})`,
        details: [{ retryable: false, retryAfterMs: null, hint: null }],
      });
      assert.deepEqual((await storage.scan(new Set())).paths, before);
    });
  }

  it('leave nothing in storage where they could not all be taken', async (test) => {
    const { parts, receive, storage, dataFolder } = await openParts(test, {
      plugin: step(async ({ instances }) => instances.adopt(join(dataFolder, 'output'))),
    });
    const group = await receive('1.1');
    const before = (await storage.scan(new Set())).paths;
    await mkdir(join(dataFolder, 'output'));
    for (const uid of ['2.1', '2.2']) await writeFile(join(dataFolder, 'output', uid), part10(uid));
    let adopted = 0;
    const full: typeof storage = {
      ...storage,
      adopt: (...args) => (++adopted === 2 ? Promise.reject(new GantryError('GY401', 'no space left')) : storage.adopt(...args)),
    };
    await assert.rejects(activity({ ...parts, storage: full }, 'test/step').run(callOf('step', group)), { type: 'GY401' });
    assert.equal(adopted, 2);
    assert.deepEqual((await storage.scan(new Set())).paths, before);
  });

  it('are not taken without measure', async (test) => {
    const { parts, receive, dataFolder } = await openParts(test, {
      plugin: step(async ({ instances }) => instances.adopt(join(dataFolder, 'output'))),
    });
    await mkdir(join(dataFolder, 'output', ...Array.from({ length: 20 }, () => 'd')), { recursive: true });
    await assert.rejects(activity(parts, 'test/step').run(callOf('step', await receive('1.1'))), {
      type: 'GY612',
      message: 'the output has folders more than 16 deep',
    });
  });
});

describe("a step's destinations", () => {
  const sending = (send: WorkerParts['sendFiles']) => ({
    plugin: step(async ({ instances, destinations, signal }) =>
      destinations.store('PACS', await instances.list(instances.group), { associations: 3, signal, onResult() {} }),
    ),
    sendFiles: send,
  });

  it('are reached as the configuration says, under our AE title', async (test) => {
    const calls: unknown[] = [];
    const { parts, receive } = await openParts(
      test,
      sending(async (peer, files, { callingAeTitle, associations }: SendOptions) => {
        calls.push({ peer, callingAeTitle, associations });
        return files.map(({ sopInstanceUid }) => ({ sopInstanceUid, outcome: 'stored', status: 0, detail: null }));
      }),
    );
    assert.deepEqual(await activity(parts, 'test/step').run(callOf('step', await receive('1.1'))), [
      { sopInstanceUid: '1.1', outcome: 'stored', status: 0, detail: null },
    ]);
    assert.deepEqual(calls, [{ peer: { aeTitle: 'ORTHANC', host: '127.0.0.1', port: 104 }, callingAeTitle: 'GANTRY', associations: 3 }]);
  });

  for (const [code, type, mayPass] of [
    ['GY330', 'DestinationUnreachable', true],
    ['GY333', 'DestinationUnreachable', true],
    ['GY331', 'AssociationRejected', true],
    ['GY332', 'AssociationRejectedPermanently', false],
  ] as const) {
    it(`fail with ${type} for ${code}`, async (test) => {
      const { parts, receive } = await openParts(
        test,
        sending(() => Promise.reject(new GantryError(code, 'what the peer did'))),
      );
      await assert.rejects(
        activity(parts, 'test/step').run(callOf('step', await receive('1.1'))),
        (error: Error & { type: string; details: [{ retryable: boolean }] }) => {
          assert.deepEqual([error.type, error.message, error.details[0].retryable], [type, 'PACS: what the peer did', mayPass]);
          return true;
        },
      );
    });
  }

  it('have to be in the configuration, and are not found on an object by accident', async (test) => {
    for (const name of ['NOWHERE', 'constructor']) {
      const { parts, receive } = await openParts(test, {
        plugin: step(({ destinations, signal }) => destinations.store(name, [], { signal, onResult() {} })),
      });
      await assert.rejects(activity(parts, 'test/step').run(callOf('step', await receive('1.1'))), { type: 'UnknownDestination' });
    }
  });
});
