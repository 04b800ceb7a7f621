// Records the golden histories that replay.test.ts replays: `node test/workflow/record-histories.ts [folder]`. Each released version adds a
// folder of its own and touches no older one: a run that an older engine began must go on under a newer.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, activityInfo, Context } from '@temporalio/activity';
import type { Definition } from '../../engine/language/definition.ts';
import type { BatchOutput, BeginInput, RunInput, StepCall } from '../../engine/workflow/contract.ts';
import { complete, hash, input, lungCt, pacs, result, taken, totals } from './definitions.ts';
import { openRealServer, type RealServer } from './real-server.ts';
import { historiesFolder, writeHistory } from './write-history.ts';

type Behaviour = (call: StepCall, n: number) => Promise<unknown>;

interface Scenario {
  readonly name: string;
  /** By step; all others go well. */
  readonly steps?: Readonly<Record<string, Behaviour>>;
  drive?(server: RealServer, run: RunInput, workflowId: string): Promise<void>;
}

const busy = (retryable: boolean) =>
  ApplicationFailure.create({
    type: retryable ? 'Busy' : 'Broken',
    message: retryable ? 'no GPU' : 'no such model',
    nonRetryable: true,
    details: [{ retryable, retryAfterMs: null, hint: 'wait' }],
  });

const fails: Behaviour = async () => {
  throw busy(true);
};

const untilCancelled: Behaviour = async () => {
  const heartbeat = setInterval(() => Context.current().heartbeat(), 100);
  await Context.current().cancelled.finally(() => clearInterval(heartbeat));
};

const collecting =
  (decisions: number): Behaviour =>
  async ({ batch }, n): Promise<BatchOutput> => {
    if (n > decisions || batch?.completeNow) return complete(3).output as BatchOutput;
    return { complete: false, why: `${n} instances, quiet soon`, wakeAt: Date.now() + 1_000, state: { n }, seen: n, totals: totals(n) };
  };

const scenarios: readonly Scenario[] = [
  { name: 'straight' },
  { name: 'no-condition-met', steps: { nodules: async () => result(0).output } },
  {
    name: 'retried',
    steps: {
      nodules: async (_, n) => {
        if (n < 3) throw busy(true);
        return result(2).output;
      },
    },
  },
  {
    name: 'parked-and-retried',
    steps: {
      nodules: async (_, n) => {
        if (n < 5) throw busy(true);
        return result(2).output;
      },
    },
    async drive(server, _, workflowId) {
      await until(server, workflowId, 'parked');
      await server.runs.signal(workflowId, 'retry', { step: 'nodules', reason: 'a GPU is free' });
    },
  },
  {
    name: 'parked-and-skipped',
    steps: { nodules: fails },
    async drive(server, _, workflowId) {
      await until(server, workflowId, 'parked');
      await server.runs.signal(workflowId, 'skip', {});
    },
  },
  {
    name: 'failed',
    steps: {
      'to-pacs': async () => {
        throw busy(false);
      },
    },
  },
  {
    name: 'expression-failed',
    steps: { nodules: async () => ({ nothing: true }) },
  },
  {
    name: 'cancelled',
    steps: { nodules: untilCancelled },
    async drive(server, _, workflowId) {
      await until(server, workflowId, 'nodules');
      await server.runs.cancel(workflowId);
    },
  },
  { name: 'collected', steps: { complete: collecting(3) } },
  {
    name: 'woken-and-completed-now',
    steps: { complete: collecting(1_000) },
    async drive(server, run) {
      const workflowId = await server.wake(run, 'new-group');
      await until(server, workflowId, 'collecting');
      await server.wake(run, 'association-release');
      await server.runs.signal(workflowId, 'complete-now', { reason: 'urgent' });
    },
  },
  {
    name: 'continued-with-the-group-behind',
    async drive(server, run) {
      await server.wake({ ...run, group: run.group + 1 });
    },
  },
];

async function until(server: RealServer, workflowId: string, what: string): Promise<void> {
  for (;;) {
    const shown = await server.runs.show(workflowId);
    if (shown?.stage === what || (what === 'parked' && shown?.parked)) return;
    await sleep(50);
  }
}

const quickly = { ...pacs, attempts: 4, backoff: { initialMs: 100, factor: 2, maxMs: 300 } };
const recorded: Definition = {
  ...lungCt,
  steps: lungCt.steps.map((step) =>
    step.id === 'nodules' ? { ...step, retry: quickly } : { ...step, retry: { ...step.retry, exhausted: 'fail' } },
  ),
};

const calls = new Map<string, number>();

const activities = {
  'gantry/begin': async (_: BeginInput) => taken(recorded),
  default: async (call: StepCall) => {
    const key = `${activityInfo().workflowExecution?.runId} ${call.step}`;
    const n = (calls.get(key) ?? 0) + 1;
    calls.set(key, n);
    const behaviour = scenarios.find(({ name }) => name === call.key)?.steps?.[call.step];
    if (behaviour) return behaviour(call, n);
    if (call.kind === 'group') return { key: call.key, description: `study ${call.key}` };
    if (call.kind === 'batch') return complete(3).output;
    return call.step === 'nodules' ? result(2).output : { done: true };
  },
};

const folder = historiesFolder(process.argv[2]);
const server = await openRealServer(activities);
try {
  for (const { name, drive } of scenarios) {
    const run: RunInput = { ...input, key: name, definition: hash };
    const workflowId = await server.wake(run);
    const { runId } = await server.client.workflow.getHandle(workflowId).describe();
    await drive?.(server, run, workflowId);
    console.log(`${name}: ${await writeHistory(server.client, folder, name, workflowId, runId)} events`);
  }
} finally {
  await server.close();
}
