import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Observation } from '../../engine/plugin/index.ts';
import { timeout } from '../../plugins/batch/timeout.ts';
import { noon, observation, totals } from './facts.ts';

const options = { quiet: '30s', limit: '15m' };
const at = (more: Partial<Observation>, given: { quiet: string; limit: string; instances?: number } = options) =>
  timeout.decide(null, observation(more), given);
const second = 1_000;

describe('batch/timeout', () => {
  it('waits until the group has been quiet, and says so', () => {
    assert.deepEqual(at({}), {
      complete: false,
      wakeAt: noon + 161 * second,
      state: null,
      why: '128 instances in 2 series, last 13:02:11, quiet until 13:02:41',
    });
  });

  it('completes when the quiet period is over', () => {
    assert.equal(at({ now: noon + 161 * second - 1 }).complete, false);
    assert.deepEqual(at({ now: noon + 161 * second }), { complete: true, why: '128 instances in 2 series, quiet for 30 s since 13:02:11' });
  });

  it('slides with each arrival, over associations', () => {
    const later = at({ now: noon + 160 * second, totals: totals({ lastAt: noon + 159 * second }) });
    assert.equal(later.complete, false);
    assert.equal('wakeAt' in later && later.wakeAt, noon + 189 * second);
  });

  it('is not held by an association that stays open', () => {
    assert.equal(at({ now: noon + 161 * second, openAssociations: 1 }).complete, true);
  });

  it('ends a stream that never pauses at its limit', () => {
    const stream = totals({ lastAt: noon + 900 * second - 1 });
    const before = at({ now: noon + 899 * second, totals: totals({ lastAt: noon + 898 * second }) });
    assert.deepEqual(before.complete === false && [before.wakeAt, before.why], [
      noon + 900 * second,
      '128 instances in 2 series, last 13:14:58, at the latest 13:15:00',
    ]);
    assert.deepEqual(at({ now: noon + 900 * second, totals: stream }), {
      complete: true,
      why: '128 instances in 2 series, last 13:14:59; limit of 15 min since 13:00:00 reached',
    });
  });

  it('completes at once with the number of instances that was waited for, and asks to be woken at it', () => {
    const waiting = at({}, { ...options, instances: 200 });
    assert.deepEqual(waiting.complete === false && waiting.wakeOn, { instances: 200 });
    assert.deepEqual(at({}, { ...options, instances: 128 }), { complete: true, why: '128 instances in 2 series; 128 were waited for' });
  });

  it('completes when an operator says so', () => {
    assert.deepEqual(at({ completeNow: 'patient is waiting' }), {
      complete: true,
      why: '128 instances in 2 series; an operator completed it: patient is waiting',
    });
    assert.deepEqual(at({ completeNow: '' }), { complete: true, why: '128 instances in 2 series; an operator completed it' });
  });

  it('counts one instance as one', () => {
    assert.match(at({ totals: totals({ instances: 1, series: 1 }) }).why, /^1 instance in 1 series,/);
  });

  it('waits for the first instance of a group that has none', () => {
    const empty = at({ totals: totals({ instances: 0, series: 0, firstAt: null, lastAt: null }) });
    assert.deepEqual(empty.complete === false && empty.wakeOn, { instances: 1 });
  });

  const observed = fc.record({
    firstAt: fc.integer({ min: 0, max: 10_000_000 }),
    span: fc.integer({ min: 0, max: 5_000_000 }),
    since: fc.integer({ min: 0, max: 5_000_000 }),
    quiet: fc.integer({ min: 0, max: 3_000 }),
    limit: fc.integer({ min: 0, max: 3_000 }),
    instances: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
    count: fc.integer({ min: 1, max: 300 }),
  });

  it('is pure: the same look gives the same decision', () => {
    fc.assert(
      fc.property(observed, ({ firstAt, span, since, quiet, limit, instances, count }) => {
        const look = { now: firstAt + span + since, totals: totals({ firstAt, lastAt: firstAt + span, instances: count }) };
        const given = { quiet: `${quiet}s`, limit: `${limit}s`, ...(instances === undefined ? {} : { instances }) };
        assert.deepEqual(at(look, given), at(structuredClone(look), { ...given }));
      }),
    );
  });

  it('completes exactly when quiet, at its limit, or with the number reached; else it looks again at that very time', () => {
    fc.assert(
      fc.property(observed, ({ firstAt, span, since, quiet, limit, instances, count }) => {
        const lastAt = firstAt + span;
        const now = lastAt + since;
        const due = Math.min(lastAt + quiet * second, firstAt + limit * second);
        const decision = at(
          { now, totals: totals({ firstAt, lastAt, instances: count }) },
          { quiet: `${quiet}s`, limit: `${limit}s`, ...(instances === undefined ? {} : { instances }) },
        );
        assert.equal(decision.complete, now >= due || (instances !== undefined && count >= instances));
        if (!decision.complete) {
          assert.equal(decision.wakeAt, due);
          assert.ok(due > now);
        }
      }),
    );
  });
});
