import assert from 'node:assert/strict';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  DefaultFailureConverter,
  defaultPayloadConverter,
  fromPayloadsAtIndex,
  type Payload,
  TimeoutFailure,
} from '@temporalio/common';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import type { RunInput, RunResult, RunView, SpaceUse, StepCall } from '../../engine/workflow/contract.ts';
import { workflowIdOf } from '../../engine/workflow/contract.ts';
import { type Command, type Job, openSandbox, type Sandbox, type SandboxedWorkflow } from './sandbox.ts';

/** What a faked activity does. `afterMs`: how long it takes, default 100. */
export type Answer = { readonly afterMs?: number } & (
  | { readonly output: unknown }
  | {
      readonly fail: {
        readonly code: string;
        readonly message: string;
        readonly retryable?: boolean;
        readonly retryAfterMs?: number;
        readonly hint?: string;
        readonly waitsFor?: SpaceUse;
      };
    }
  | { readonly crash: { readonly type: string; readonly message: string } }
  | { readonly timeout: 'START_TO_CLOSE' | 'HEARTBEAT' }
  /** Runs until it is cancelled, and then for `afterMs`. */
  | { readonly hangs: true }
);
/** `n` counts the calls of this activity id, from 1. */
// biome-ignore lint/suspicious/noExplicitAny: each activity has its own input
export type FakeActivity = (input: any, n: number, at: number) => Answer;
export type FakeActivities = Readonly<Record<string, FakeActivity>>;

/** One thing that the run asked of Temporal. `at`: milliseconds since the run began. */
export type Asked =
  | {
      readonly at: number;
      readonly what: 'activity';
      readonly type: string;
      readonly id: string;
      readonly taskQueue: string;
      readonly summary: string;
      readonly input: StepCall;
      readonly options: ActivityOptions;
      readonly group: string | null;
    }
  | { readonly at: number; readonly what: 'timer'; readonly ms: number; readonly summary: string; readonly group: string | null }
  | { readonly at: number; readonly what: 'cancel-timer' | 'cancel-activity' }
  | { readonly at: number; readonly what: 'attributes'; readonly values: Readonly<Record<string, unknown>> };

export interface ActivityOptions {
  readonly startToCloseMs: number | undefined;
  readonly heartbeatMs: number | undefined;
  readonly maximumAttempts: number | undefined;
  readonly nonRetryableErrorTypes: readonly string[];
}

export type End =
  | { readonly how: 'completed'; readonly result: RunResult }
  | { readonly how: 'failed'; readonly type: string; readonly message: string; readonly nonRetryable: boolean; readonly details: unknown }
  | { readonly how: 'cancelled' }
  | { readonly how: 'continued'; readonly input: RunInput };

/** Any instant will do, as long as it is always the same. */
export const epoch = Date.UTC(2026, 0, 15, 13, 0, 0);

/**
 * Temporal as far as one run sees it, in virtual time: delivers activity results, timers and signals to the real interpreter in the
 * SDK's real sandbox, in the order of their times, and keeps the books on what the history would hold.
 */
export class VirtualRun {
  readonly asked: Asked[] = [];
  end: End | null = null;
  /** Events that a server would have written so far. */
  events = 1;
  continueAsNewSuggested = false;
  readonly #workflow: SandboxedWorkflow;
  readonly #activities: FakeActivities;
  readonly #calls = new Map<string, number>();
  readonly #pending = new Map<number, { at: number; job: Job; answer: Answer; identity: ActivityIdentity }>();
  readonly #timers = new Map<number, number>();
  #posted: Job[] = [];
  #now = epoch;

  constructor(workflow: SandboxedWorkflow, activities: FakeActivities) {
    this.#workflow = workflow;
    this.#activities = activities;
  }

  get now(): number {
    return this.#now;
  }

  start(input: RunInput, workflowId: string): Promise<void> {
    return this.#activate([
      {
        initializeWorkflow: {
          workflowId,
          workflowType: input.workflow,
          arguments: [payload(input)],
          attempt: 1,
          startTime: msToTs(epoch),
        },
      },
    ]);
  }

  /** Delivers a signal now, in a workflow task of its own. */
  signal(name: string, ...args: unknown[]): Promise<void> {
    this.post(name, ...args);
    return this.#activate([]);
  }

  /** Delivers a signal with whatever comes next: the server has it while a workflow task or activity is under way. */
  post(name: string, ...args: unknown[]): void {
    this.events += 1;
    this.#posted.push({ signalWorkflow: { signalName: name, input: args.map(payload), identity: 'test' } });
  }

  cancel(): Promise<void> {
    this.events += 1;
    return this.#activate([{ cancelWorkflow: { reason: 'test' } }]);
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    while (this.end === null && this.#nextAt() <= until) await this.#next();
    this.#now = until;
  }

  /** Lets time pass until the run has ended; an error where it waits for something that nobody will send. */
  async finish(): Promise<End> {
    while (this.end === null) {
      assert.notEqual(this.#nextAt(), Number.POSITIVE_INFINITY, `the run waits for ever:\n${JSON.stringify(this.asked.at(-1))}`);
      await this.#next();
    }
    return this.end;
  }

  /** Lets time pass until nothing is under way but what only a signal can move. */
  async settle(): Promise<void> {
    while (this.end === null && this.#nextAt() !== Number.POSITIVE_INFINITY) await this.#next();
  }

  async query<T>(name: string): Promise<T> {
    const [command] = await this.#workflow.activate([{ queryWorkflow: { queryId: 'q', queryType: name, arguments: [] } }], this.#now);
    assert.ok(command?.respondToQuery?.succeeded, command?.respondToQuery?.failed?.message ?? 'no answer');
    return value(command.respondToQuery.succeeded.response) as T;
  }

  view(): Promise<RunView> {
    return this.query('run');
  }

  async details(): Promise<string> {
    return (await this.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
  }

  activities(type?: string) {
    return this.asked.filter((asked) => asked.what === 'activity').filter((asked) => type === undefined || asked.type === type);
  }

  timers() {
    return this.asked.filter((asked) => asked.what === 'timer');
  }

  /** The search attributes as they stand. */
  attributes(): Readonly<Record<string, unknown>> {
    return Object.assign({}, ...this.asked.map((asked) => (asked.what === 'attributes' ? asked.values : {})));
  }

  dispose(): Promise<void> {
    return this.#workflow.dispose();
  }

  #nextAt(): number {
    return Math.min(...this.#timers.values(), ...[...this.#pending.values()].map(({ at }) => at));
  }

  async #next(): Promise<void> {
    this.#now = Math.max(this.#now, this.#nextAt());
    const jobs: Job[] = [];
    for (const [seq, at] of this.#timers) {
      if (at > this.#now) continue;
      this.#timers.delete(seq);
      this.events += 1;
      jobs.push({ fireTimer: { seq } });
    }
    for (const [seq, { at, job }] of this.#pending) {
      if (at > this.#now) continue;
      this.#pending.delete(seq);
      this.events += 2;
      jobs.push(job);
    }
    await this.#activate(jobs);
  }

  async #activate(jobs: Job[]): Promise<void> {
    assert.equal(this.end, null, 'the run has ended');
    this.events += 3;
    const signals = this.#posted;
    this.#posted = [];
    const [first, rest] = jobs[0]?.initializeWorkflow ? [[jobs[0]], jobs.slice(1)] : [[], jobs];
    const commands = await this.#workflow.activate([...first, ...signals, ...rest], this.#now, {
      continueAsNewSuggested: this.continueAsNewSuggested,
    });
    for (const command of commands) this.#obey(command);
  }

  #obey(command: Command): void {
    const at = this.#now - epoch;
    const summary = String(value(command.userMetadata?.summary) ?? '');
    const group = command.eventGroupMarkers?.[0]?.label?.id ?? null;
    const { scheduleActivity, startTimer, cancelTimer, requestCancelActivity, upsertWorkflowSearchAttributes } = command;
    if (scheduleActivity) {
      this.events += 1;
      const { seq, activityType, activityId } = scheduleActivity as { seq: number; activityType: string; activityId: string };
      const input = value(scheduleActivity.arguments?.[0]) as StepCall;
      const n = (this.#calls.get(activityId) ?? 0) + 1;
      this.#calls.set(activityId, n);
      const options = {
        startToCloseMs: optionalMs(scheduleActivity.startToCloseTimeout),
        heartbeatMs: optionalMs(scheduleActivity.heartbeatTimeout),
        maximumAttempts: scheduleActivity.retryPolicy?.maximumAttempts ?? undefined,
        // Copied: an array of the sandbox is not of this realm.
        nonRetryableErrorTypes: [...(scheduleActivity.retryPolicy?.nonRetryableErrorTypes ?? [])],
      };
      const taskQueue = String(scheduleActivity.taskQueue);
      this.asked.push({ at, what: 'activity', type: activityType, id: activityId, taskQueue, summary, input, options, group });
      const fake = this.#activities[activityType];
      assert.ok(fake, `no fake for ${activityType}`);
      const answer = fake(input, n, this.#now);
      const identity = { activityType, activityId };
      const takesMs = 'hangs' in answer ? Number.POSITIVE_INFINITY : (answer.afterMs ?? 100);
      this.#pending.set(seq, { at: this.#now + takesMs, job: resolution(seq, answer, identity), answer, identity });
    } else if (startTimer) {
      this.events += 1;
      const ms = tsToMs(startTimer.startToFireTimeout);
      this.asked.push({ at, what: 'timer', ms, summary, group });
      this.#timers.set(startTimer.seq as number, this.#now + ms);
    } else if (cancelTimer) {
      this.events += 1;
      this.asked.push({ at, what: 'cancel-timer' });
      this.#timers.delete(cancelTimer.seq as number);
    } else if (requestCancelActivity) {
      this.events += 1;
      this.asked.push({ at, what: 'cancel-activity' });
      const seq = requestCancelActivity.seq as number;
      const pending = this.#pending.get(seq);
      if (pending && 'hangs' in pending.answer) {
        const failure = failureOf(new CancelledFailure('cancelled'), pending.identity);
        this.#pending.set(seq, {
          ...pending,
          at: this.#now + (pending.answer.afterMs ?? 100),
          job: { resolveActivity: { seq, result: { cancelled: { failure } } } },
        });
      }
    } else if (upsertWorkflowSearchAttributes) {
      this.events += 1;
      const fields = upsertWorkflowSearchAttributes.searchAttributes?.indexedFields ?? {};
      this.asked.push({
        at,
        what: 'attributes',
        values: Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, value(field)])),
      });
    } else this.#ended(command);
  }

  #ended(command: Command): void {
    this.events += 1;
    if (command.completeWorkflowExecution)
      this.end = { how: 'completed', result: value(command.completeWorkflowExecution.result) as RunResult };
    else if (command.cancelWorkflowExecution) this.end = { how: 'cancelled' };
    else if (command.continueAsNewWorkflowExecution) {
      this.end = { how: 'continued', input: value(command.continueAsNewWorkflowExecution.arguments?.[0]) as RunInput };
    } else if (command.failWorkflowExecution) {
      const failure = command.failWorkflowExecution.failure;
      const info = failure?.applicationFailureInfo;
      this.end = {
        how: 'failed',
        type: info?.type ?? '',
        message: failure?.message ?? '',
        nonRetryable: info?.nonRetryable ?? false,
        details: info?.details?.payloads ? fromPayloadsAtIndex(defaultPayloadConverter, 0, info.details.payloads) : null,
      };
    } else assert.fail(`a command that the harness does not know: ${JSON.stringify(command)}`);
  }
}

/** One sandbox for many runs: building it takes a second or two. */
export class Harness {
  readonly #sandbox: Sandbox;
  readonly #runs: VirtualRun[] = [];

  private constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  static async open(): Promise<Harness> {
    return new Harness(await openSandbox());
  }

  async start(input: RunInput, activities: FakeActivities, prepare?: (run: VirtualRun) => void): Promise<VirtualRun> {
    const workflowId = workflowIdOf(input.workflow, input.calledAeTitle, input.key);
    const workflow = await this.#sandbox.open({ workflowType: input.workflow, workflowId, runId: `run-${this.#runs.length}`, at: epoch });
    const run = new VirtualRun(workflow, activities);
    this.#runs.push(run);
    prepare?.(run);
    await run.start(input, workflowId);
    return run;
  }

  async close(): Promise<void> {
    for (const run of this.#runs) await run.dispose();
    await this.#sandbox.close();
  }
}

interface ActivityIdentity {
  readonly activityType: string;
  readonly activityId: string;
}

const failures = new DefaultFailureConverter();
const payload = (data: unknown): Payload => defaultPayloadConverter.toPayload(data) as Payload;
const value = (data: Payload | null | undefined): unknown =>
  data === null || data === undefined ? undefined : defaultPayloadConverter.fromPayload(data);
const optionalMs = (duration: Parameters<typeof tsToMs>[0]) => (duration === null || duration === undefined ? undefined : tsToMs(duration));

const failureOf = (cause: Error, { activityType, activityId }: ActivityIdentity) =>
  failures.errorToFailure(
    new ActivityFailure('Activity task failed', activityType, activityId, 'MAXIMUM_ATTEMPTS_REACHED', 'test', cause),
    defaultPayloadConverter,
  );

function resolution(seq: number, answer: Answer, identity: ActivityIdentity): Job {
  if ('output' in answer) return { resolveActivity: { seq, result: { completed: { result: payload(answer.output) } } } };
  return { resolveActivity: { seq, result: { failed: { failure: failureOf(causeOf(answer), identity) } } } };
}

function causeOf(answer: Answer): Error {
  if ('fail' in answer) {
    const { code: type, message, retryable = false, retryAfterMs = null, hint = null, waitsFor } = answer.fail;
    const detail = { retryable, retryAfterMs, hint, ...(waitsFor === undefined ? {} : { waitsFor }) };
    return ApplicationFailure.create({ type, message, nonRetryable: true, details: [detail] });
  }
  if ('timeout' in answer) return new TimeoutFailure(`activity ${answer.timeout} timeout`, undefined, answer.timeout);
  return ApplicationFailure.create('crash' in answer ? answer.crash : { message: 'never' });
}
