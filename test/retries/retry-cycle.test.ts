import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type AttemptError,
  defaultPolicy,
  nextRetry,
  type RetryHappening,
  type RetryPolicy,
  type RetryStep,
  startRetry,
} from '../../engine/retries/index.ts';

const rejected: AttemptError = {
  code: 'AssociationRejected',
  message: 'association rejected (2/3/2)',
  hint: null,
  retryable: true,
  retryAfterMs: null,
};
const fatal: AttemptError = { ...rejected, code: 'UnknownDestination', retryable: false };
const pacs: RetryPolicy = {
  name: 'pacs',
  attempts: 4,
  backoff: { initialMs: 30_000, factor: 2, maxMs: 600_000 },
  exhausted: 'park',
  on: {},
};

const error = (value: AttemptError): RetryHappening => ({ type: 'error', error: value });
const after = (step: RetryStep, ...happenings: RetryHappening[]): RetryStep =>
  happenings.reduce((previous, happening) => nextRetry(previous.snapshot, happening), step);
const through = (policy: RetryPolicy, ...happenings: RetryHappening[]) => after(startRetry(policy), ...happenings).wait;
const exhaust = (policy: RetryPolicy): RetryHappening[] =>
  Array.from({ length: policy.attempts * 2 - 1 }, (_, n) => (n % 2 === 0 ? error(rejected) : { type: 'elapsed' }));

describe('the life of a step', () => {
  it('begins with its first attempt and succeeds when that is done', () => {
    assert.deepEqual(through(pacs), { kind: 'attempt', attempt: 1, total: 1 });
    assert.deepEqual(through(pacs, { type: 'done' }), { kind: 'end', state: 'succeeded', takenAsDone: null });
  });

  it('pauses after a retryable error, and says why in words', () => {
    assert.deepEqual(through(pacs, error(rejected)), {
      kind: 'pause',
      pauseMs: 30_000,
      why: 'attempt 2 of 4 in 30 s: association rejected (2/3/2)',
      error: rejected,
    });
    assert.deepEqual(through(pacs, error(rejected), { type: 'elapsed' }), { kind: 'attempt', attempt: 2, total: 2 });
  });

  it('forgets earlier errors when an attempt is done', () => {
    const wait = through(pacs, error(rejected), { type: 'elapsed' }, { type: 'done' });
    assert.deepEqual(wait, { kind: 'end', state: 'succeeded', takenAsDone: null });
  });

  it('lets the plugin say when to try again, longer or shorter than the backoff', () => {
    for (const retryAfterMs of [0, 1_500, 3_600_000]) {
      const wait = through(pacs, error({ ...rejected, retryAfterMs }));
      assert.equal(wait.kind === 'pause' && wait.pauseMs, retryAfterMs);
    }
  });

  it('does not believe a plugin that wants to wait for centuries', () => {
    const wait = through(pacs, error({ ...rejected, retryAfterMs: 1e15 }));
    assert.equal(wait.kind === 'pause' && wait.pauseMs, 30 * 24 * 3_600_000);
  });

  it('tries no more after an error that is not retryable', () => {
    assert.deepEqual(through({ ...pacs, exhausted: 'fail' }, error(fatal)), { kind: 'end', state: 'failed', error: fatal });
  });

  it('lets the policy overrule what the plugin says of a code', () => {
    const policy: RetryPolicy = {
      ...pacs,
      exhausted: 'fail',
      on: { UnknownDestination: 'retry', AssociationRejected: 'fail', Duplicate: 'done' },
    };
    assert.equal(through(policy, error(fatal)).kind, 'pause');
    assert.deepEqual(through(policy, error(rejected)), { kind: 'end', state: 'failed', error: rejected });
    const duplicate = { ...fatal, code: 'Duplicate' };
    assert.deepEqual(through(policy, error(duplicate)), { kind: 'end', state: 'succeeded', takenAsDone: duplicate });
    assert.equal(through(policy, error({ ...fatal, code: 'constructor' })).kind, 'end');
  });

  it('fails, is skipped or parks when its attempts are used up, as the policy says', () => {
    assert.deepEqual(through({ ...pacs, exhausted: 'fail' }, ...exhaust(pacs)), { kind: 'end', state: 'failed', error: rejected });
    assert.deepEqual(through({ ...pacs, exhausted: 'skip' }, ...exhaust(pacs)), { kind: 'end', state: 'skipped', error: rejected });
    assert.deepEqual(through(pacs, ...exhaust(pacs)), { kind: 'parked', error: rejected });
  });

  it('starts a new cycle when an operator retries a parked step, and goes on counting for display', () => {
    const again = [...exhaust(pacs), { type: 'RETRY' } as const];
    assert.deepEqual(through(pacs, ...again), { kind: 'attempt', attempt: 1, total: 5 });
    assert.deepEqual(through(pacs, ...again, error(rejected)), {
      kind: 'pause',
      pauseMs: 30_000,
      why: 'attempt 2 of 4 in 30 s: association rejected (2/3/2)',
      error: rejected,
    });
    assert.equal(through(pacs, ...again, ...exhaust(pacs)).kind, 'parked');
  });

  it('does as an operator says of a step that is parked or pausing', () => {
    for (const before of [exhaust(pacs), [error(rejected)]]) {
      assert.deepEqual(through(pacs, ...before, { type: 'SKIP' }), { kind: 'end', state: 'skipped', error: rejected });
      assert.deepEqual(through(pacs, ...before, { type: 'FAIL' }), { kind: 'end', state: 'failed', error: rejected });
    }
    assert.deepEqual(through(pacs, error(rejected), { type: 'RETRY' }), { kind: 'attempt', attempt: 2, total: 2 });
  });

  it('is not moved by what does not apply: an operator while it runs, a timer that was overtaken, anything after its end', () => {
    const running = through(pacs);
    for (const type of ['RETRY', 'SKIP', 'FAIL', 'elapsed'] as const) assert.deepEqual(through(pacs, { type }), running);
    for (const type of ['RETRY', 'SKIP', 'FAIL', 'elapsed'] as const) {
      assert.deepEqual(through(pacs, { type: 'done' }, { type }), { kind: 'end', state: 'succeeded', takenAsDone: null });
    }
  });
});

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  name: fc.constant('any'),
  attempts: fc.integer({ min: 1, max: 8 }),
  backoff: fc
    .record({
      initialMs: fc.integer({ min: 0, max: 100_000 }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      more: fc.integer({ min: 0, max: 1e6 }),
    })
    .map(({ initialMs, factor, more }) => ({ initialMs, factor, maxMs: initialMs + more })),
  exhausted: fc.constantFrom('fail', 'park', 'skip'),
  on: fc.constantFrom(
    {},
    { AssociationRejected: 'retry' as const },
    { AssociationRejected: 'fail' as const },
    { AssociationRejected: 'done' as const },
  ),
});
const happenings: fc.Arbitrary<RetryHappening> = fc.oneof(
  fc.constant<RetryHappening>({ type: 'done' }),
  { arbitrary: fc.constant<RetryHappening>(error(rejected)), weight: 6 },
  fc.constant(error(fatal)),
  { arbitrary: fc.constant<RetryHappening>({ type: 'elapsed' }), weight: 6 },
  fc.constantFrom<RetryHappening>({ type: 'RETRY' }, { type: 'SKIP' }, { type: 'FAIL' }),
);

describe('any policy and any course of events', () => {
  it('makes no more attempts than the policy allows in one cycle', () => {
    fc.assert(
      fc.property(policies, fc.array(happenings, { maxLength: 60 }), (policy, course) => {
        let step = startRetry(policy);
        let sinceParked = 1;
        for (const happening of course) {
          const before = step.wait;
          step = nextRetry(step.snapshot, happening);
          if (before.kind !== 'attempt' && step.wait.kind === 'attempt') sinceParked = before.kind === 'parked' ? 1 : sinceParked + 1;
          assert.ok(sinceParked <= policy.attempts);
        }
      }),
    );
  });

  it('pauses never shorter than before, up to the maximum', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        let step = startRetry({ ...policy, on: {} });
        let longest = 0;
        while (step.wait.kind === 'attempt') {
          step = nextRetry(step.snapshot, error(rejected));
          if (step.wait.kind !== 'pause') break;
          assert.ok(step.wait.pauseMs >= longest && step.wait.pauseMs <= policy.backoff.maxMs);
          longest = step.wait.pauseMs;
          step = nextRetry(step.snapshot, { type: 'elapsed' });
        }
      }),
    );
  });

  it('always comes to an end once an operator fails it', () => {
    fc.assert(
      fc.property(policies, fc.array(happenings, { maxLength: 60 }), (policy, course) => {
        const step = after(startRetry(policy), ...course, error(fatal), { type: 'FAIL' });
        assert.equal(step.wait.kind, 'end');
      }),
    );
  });
});

describe('the default policy', () => {
  it('makes three attempts, five and ten seconds apart, and fails', () => {
    const pauses: number[] = [];
    let step = startRetry(defaultPolicy);
    while (step.wait.kind !== 'end') {
      if (step.wait.kind === 'pause') pauses.push(step.wait.pauseMs);
      step = nextRetry(step.snapshot, step.wait.kind === 'attempt' ? error(rejected) : { type: 'elapsed' });
    }
    assert.deepEqual(pauses, [5_000, 10_000]);
    assert.equal(step.wait.state, 'failed');
  });
});
