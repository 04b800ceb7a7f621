import { setTimeout as pause } from 'node:timers/promises';

/** Far more than anything takes on a quiet machine; a loaded one may need it. */
const longestMs = 120_000;

/** Asks until there is an answer. What an attempt throws is told where time runs out, and else forgotten: the thing may not be there yet. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs = longestMs,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let problem: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${withinMs / 1_000} s for ${what}`, { cause: problem });
    await pause(100);
  }
}
