import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { WorkflowFailedError } from '@temporalio/client';
import type { BeginInput, RunInput, RunView, StepCall } from '../../engine/workflow/contract.ts';
import { complete, hash, input, lungCt, pacs, result, taken } from './definitions.ts';
import { openRealServer, type RealServer } from './real-server.ts';

/** What a test's own steps do, by the group's key; all else goes well. */
const faults = new Map<string, Readonly<Record<string, (call: StepCall) => Promise<unknown>>>>();
const begun = new Map<number, number>();

const quickly = { ...pacs, attempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100 } };
const definition = {
  ...lungCt,
  steps: lungCt.steps.map((one) => (one.id === 'nodules' ? { ...one, timeoutMs: 1_000, retry: quickly } : one)),
};

const activities = {
  'gantry/begin': async ({ group }: BeginInput) => {
    begun.set(group, (begun.get(group) ?? 0) + 1);
    return taken(definition);
  },
  default: async (call: StepCall) => {
    const fault = faults.get(call.key)?.[call.step];
    if (fault) return fault(call);
    if (call.kind === 'group') return { key: call.key, description: 'a study' };
    if (call.kind === 'batch') return complete(3).output;
    return call.step === 'nodules' ? result(2).output : null;
  },
};

let server: RealServer;
before(async () => {
  server = await openRealServer(activities);
});
after(() => server.close());

let groups = 100;
const newRun = (key: string): RunInput => ({ ...input, key, group: ++groups, definition: hash });

async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `waited in vain until ${what}`);
    await sleep(50);
  }
}

const failure = (type: string, message: string, retryable: boolean) =>
  ApplicationFailure.create({ type, message, nonRetryable: true, details: [{ retryable, retryAfterMs: null, hint: null }] });
const busy = () => failure('Busy', 'no GPU', true);

const parked = (workflowId: string) => async () => (await server.runs.show(workflowId))?.parked === true;
const ended = async (workflowId: string) => {
  await server.client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => {});
  const shown = await server.runs.show(workflowId);
  assert.ok(shown);
  return shown;
};
const events = async (workflowId: string) => (await server.client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];

describe('on a real server, the interpreter', () => {
  it('completes a run whose view, search attributes and table can be read afterwards', async () => {
    const workflowId = await server.wake(newRun('1.1'));
    const shown = await ended(workflowId);
    assert.equal(shown.status, 'COMPLETED');
    assert.deepEqual([shown.stage, shown.instances, shown.definition], ['succeeded', 3, 'abababababab']);
    const handle = server.client.workflow.getHandle(workflowId);
    assert.equal((await handle.query<RunView>('run')).steps.length, 5);
    const { typedSearchAttributes } = await handle.describe();
    const attributes = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
    assert.deepEqual([attributes.GantryStage, attributes.GantryInstances, attributes.GantryModality], ['succeeded', 3, ['CT']]);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(currentDetails, /\| to-pacs \| dicom\/export \| ✓ succeeded \| 1 \|/);
  });

  it('has the server leave an attempt that ran out of time to the retry machine', async () => {
    let attempts = 0;
    faults.set('1.2', { nodules: async () => (++attempts === 1 ? await sleep(3_000) : result(2).output) });
    const workflowId = await server.wake(newRun('1.2'));
    const shown = await ended(workflowId);
    assert.equal(shown.status, 'COMPLETED');
    assert.equal(shown.lastError, 'StepTimedOut');
    const scheduled = (await events(workflowId)).filter((event) => event.activityTaskScheduledEventAttributes?.activityId === 'nodules');
    assert.equal(scheduled.length, 2, 'two attempts of the machine');
    const started = (await events(workflowId)).filter((event) => (event.activityTaskStartedEventAttributes?.attempt ?? 1) > 1);
    assert.equal(started.length, 0, 'none of the server');
  });

  it('parks a step and takes the operator’s word from a signal', async () => {
    let attempts = 0;
    faults.set('1.3', {
      nodules: async () => {
        if (++attempts > 2) return result(2).output;
        throw busy();
      },
    });
    const workflowId = await server.wake(newRun('1.3'));
    await until('the step is parked', parked(workflowId));
    await server.runs.signal(workflowId, 'retry', { step: 'nodules' });
    const shown = await ended(workflowId);
    assert.equal(shown.status, 'COMPLETED');
    assert.equal(shown.steps.find(({ id }) => id === 'nodules')?.attempts, 3);
  });

  it('cancels its activity and ends cancelled, after finally', async () => {
    let outcome = '';
    faults.set('1.4', {
      nodules: async () => {
        const heartbeat = setInterval(() => Context.current().heartbeat(), 100);
        await Context.current().cancelled.finally(() => clearInterval(heartbeat));
      },
      reclaim: async (call) => {
        outcome = call.outcome;
      },
    });
    const workflowId = await server.wake(newRun('1.4'));
    await until('the job runs', async () => (await server.runs.show(workflowId))?.stage === 'nodules');
    await server.runs.cancel(workflowId);
    const shown = await ended(workflowId);
    assert.equal(shown.status, 'CANCELED');
    assert.equal(outcome, 'cancelled');
  });

  it('fails with the step’s own code and words', async () => {
    faults.set('1.5', {
      nodules: async () => {
        throw failure('OutOfMemory', 'the job needs 64 GB', false);
      },
    });
    const workflowId = await server.wake(newRun('1.5'));
    await until('the step is parked', parked(workflowId));
    await server.runs.signal(workflowId, 'fail', {});
    const error = await server.client.workflow
      .getHandle(workflowId)
      .result()
      .then(
        () => null,
        (reason: WorkflowFailedError) => reason,
      );
    assert.ok(error?.cause instanceof ApplicationFailure);
    assert.equal(error.cause.type, 'OutOfMemory');
    assert.equal(error.cause.message, 'step nodules (job/submit) failed: the job needs 64 GB (failed by an operator)');
  });

  it('loses no group whose wake-up meets a run that is just ending', async () => {
    const races = Array.from({ length: 8 }, async (_, n) => {
      const first = newRun(`2.${n}`);
      const second = newRun(`2.${n}`);
      // The wake-up leaves when the last activity answers, a little later each time: some meet the completing task (UnhandledCommand), some come after it.
      let woken: Promise<unknown> | undefined;
      faults.set(first.key, {
        reclaim: async ({ group }) => {
          if (group === first.group) woken = sleep(n * 20).then(() => server.wake(second));
        },
      });
      const workflowId = await server.wake(first);
      await until('the wake-up is sent', () => woken !== undefined);
      await woken;
      await until(`both groups of ${workflowId} are taken`, () => begun.get(first.group) === 1 && begun.get(second.group) === 1);
      const shown = await ended(workflowId);
      assert.equal(shown.status, 'COMPLETED');
    });
    await Promise.all(races);
  });

  it('goes on with the group behind it as a new run, which begins with attributes of its own', async () => {
    const first = newRun('3.1');
    const second = newRun('3.1');
    const gate = Promise.withResolvers<void>();
    let attempts = 0;
    faults.set('3.1', {
      nodules: async ({ group }) => {
        if (group === second.group) await gate.promise;
        else if (++attempts === 1) throw busy();
        return result(0).output;
      },
      reclaim: async ({ group }) => {
        if (group === first.group) await server.wake(second);
      },
    });
    const workflowId = await server.wake(first);
    await until('the second group is taken', () => begun.get(second.group) === 1);
    const shown = await server.runs.show(workflowId);
    assert.deepEqual([shown?.status, shown?.lastError], ['RUNNING', null]);
    gate.resolve();
    assert.equal((await ended(workflowId)).status, 'COMPLETED');
  });
});
