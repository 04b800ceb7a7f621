import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import fc from 'fast-check';

/** For the properties of one file together: GANTRY_TEST_FUZZ_SECONDS, default 10. */
export const fuzzSeconds = Number(process.env.GANTRY_TEST_FUZZ_SECONDS ?? 10);
/** GANTRY_TEST_FUZZ_SEED, as a failure tells it: a seed, and after a colon where among its runs the failure is. */
const [seed, ...path] = (process.env.GANTRY_TEST_FUZZ_SEED ?? '').split(':');
/** A failure is seen again: what only many runs can show is not to be asked for. */
export const seeingAgain = path.length > 0;
const again = seed === undefined || seed === '' ? {} : { seed: Number(seed), ...(path.length === 0 ? {} : { path: path.join(':') }) };

/** Somewhere in a whole: from 0, all of it alike, to just below 1. Doubles of fast-check are as likely in every power of two, so nearly all are next to 0. */
export const somewhere = fc.nat(999_999).map((millionths) => millionths / 1_000_000);

/** Checks a property for its share of the time; a failure says how to see it again. */
export async function hold<T>(
  t: TestContext,
  share: number,
  arbitrary: fc.Arbitrary<T>,
  property: (value: T) => Promise<void>,
): Promise<void> {
  // A run that the limit of time cuts off goes on: it is waited for.
  let running: Promise<void> = Promise.resolve();
  const details = await fc.check(
    fc.asyncProperty(arbitrary, (value) => {
      running = property(value);
      return running;
    }),
    { ...again, numRuns: 1_000_000_000, interruptAfterTimeLimit: fuzzSeconds * 1_000 * share, markInterruptAsFailure: false },
  );
  if (details.failed)
    throw new Error(
      `${fc.defaultReportMessage(details)}\n\nto see it again: GANTRY_TEST_FUZZ_SEED=${details.seed}:${details.counterexamplePath ?? ''}`,
      { cause: details.errorInstance },
    );
  await running;
  t.diagnostic(`${details.numRuns} runs from seed ${details.seed}`);
  assert.ok(details.numRuns > 0);
}
