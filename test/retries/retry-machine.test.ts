import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { initialTransition, transition } from 'xstate';
import { getShortestPaths, toDirectedGraph } from 'xstate/graph';
import { type AttemptError, nextRetry, type RetryEvent, type RetryPolicy, retryMachine, startRetry } from '../../engine/retries/index.ts';

const policy = (exhausted: RetryPolicy['exhausted']): RetryPolicy => ({
  name: 'model',
  attempts: 3,
  backoff: { initialMs: 1_000, factor: 3, maxMs: 2_000 },
  exhausted,
  on: { Duplicate: 'done' },
});
const failure = (code: string, retryable: boolean): AttemptError => ({ code, message: code, hint: null, retryable, retryAfterMs: null });
const events: RetryEvent[] = [
  { type: 'xstate.done.actor.attempt', output: null },
  { type: 'xstate.error.actor.attempt', error: failure('Passing', true) },
  { type: 'xstate.error.actor.attempt', error: failure('Lasting', false) },
  { type: 'xstate.error.actor.attempt', error: failure('Duplicate', false) },
  { type: 'xstate.after.backoff.retry.pausing' },
  { type: 'RETRY' },
  { type: 'SKIP' },
  { type: 'FAIL' },
];

/** Every configuration that can be reached; the total is left out, because RETRY makes it endless. */
const paths = (exhausted: RetryPolicy['exhausted']) =>
  getShortestPaths(retryMachine, {
    input: policy(exhausted),
    // What is not handled is not offered: an actor's error that no transition takes would end the machine.
    events: (state) => events.filter((event) => state.can(event)),
    serializeState: ({ value, context }) => `${value} ${context.attempts} ${context.error?.code}`,
  });

describe('the retry machine as a model', () => {
  it('has the states that the documentation draws', () => {
    assert.deepEqual(Object.keys(retryMachine.states), ['attempting', 'pausing', 'exhausted', 'parked', 'succeeded', 'failed', 'skipped']);
    const graph = toDirectedGraph(retryMachine);
    const edges = graph.children.flatMap((node) => node.edges.map((edge) => `${edge.source.key} ${edge.label.text} ${edge.target.key}`));
    // `exhausted` leads on by `always`, which XState's directed graph leaves out.
    assert.deepEqual(edges, [
      'attempting xstate.done.actor.attempt succeeded',
      'attempting xstate.error.actor.attempt succeeded',
      'attempting xstate.error.actor.attempt pausing',
      'attempting xstate.error.actor.attempt exhausted',
      'pausing RETRY attempting',
      'pausing SKIP skipped',
      'pausing FAIL failed',
      'pausing xstate.after.backoff.retry.pausing attempting',
      'parked RETRY attempting',
      'parked SKIP skipped',
      'parked FAIL failed',
    ]);
  });

  for (const exhausted of ['fail', 'park', 'skip'] as const) {
    it(`reaches an end from everywhere, where exhausted means ${exhausted}`, () => {
      const reached = paths(exhausted);
      assert.ok(reached.length > 10);
      for (const { state } of reached) {
        assert.ok(state.context.attempts <= 3);
        // Worst luck, and an operator who gives up: four more attempts at most.
        let current = state;
        for (let moves = 0; current.status !== 'done' && moves < 10; moves += 1) {
          const event = events.find(
            ({ type }) =>
              type ===
              (current.value === 'attempting'
                ? 'xstate.error.actor.attempt'
                : current.value === 'pausing'
                  ? 'xstate.after.backoff.retry.pausing'
                  : 'FAIL'),
          );
          assert.ok(event);
          [current] = transition(retryMachine, current, event);
        }
        assert.equal(current.status, 'done');
      }
    });
  }

  it('parks only where the policy says so, and skips by itself only where it says so', () => {
    const values = (exhausted: RetryPolicy['exhausted']) => new Set(paths(exhausted).map(({ state }) => state.value));
    assert.ok(values('park').has('parked'));
    assert.ok(!values('fail').has('parked'));
    assert.ok(!values('skip').has('parked'));
    const [started] = initialTransition(retryMachine, policy('skip'));
    assert.equal(
      transition(retryMachine, started, { type: 'xstate.error.actor.attempt', error: failure('Lasting', false) })[0].value,
      'skipped',
    );
  });

  it('asks for the same pause in its delayed event as the cycle tells the runner', () => {
    const started = startRetry(policy('fail'));
    const error = failure('Passing', true);
    const [, actions] = transition(retryMachine, started.snapshot, { type: 'xstate.error.actor.attempt', error });
    const raise = actions.find(({ type }) => type === 'xstate.raise') as { params: { delay: number; event: RetryEvent } } | undefined;
    const paused = nextRetry(started.snapshot, { type: 'error', error });
    assert.equal(raise?.params.delay, paused.wait.kind === 'pause' ? paused.wait.pauseMs : undefined);
    assert.deepEqual(raise?.params.event, { type: 'xstate.after.backoff.retry.pausing' });
  });

  it('says nothing on the console when it is used', (t) => {
    const warn = t.mock.method(console, 'warn', () => {});
    paths('park');
    assert.equal(warn.mock.callCount(), 0);
  });
});
