import { Type } from 'typebox';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a duration is spelled everywhere: a whole number and one unit, `500ms`, `30s`, `15m`, `2h`, `7d`. */
export const durationPattern = '^\\d{1,7}(ms|s|m|h|d)$';

const spelling = /^(\d{1,7})(ms|s|m|h|d)$/;

/** Milliseconds of a duration. Throws RangeError for another spelling. */
export function parseDuration(text: string): number {
  const [, amount, unit] = spelling.exec(text) ?? [];
  if (amount === undefined || unit === undefined) throw new RangeError(`"${text}" is not a duration (such as 500ms, 30s, 15m, 2h, 7d)`);
  return Number(amount) * unitMs[unit as keyof typeof unitMs];
}

/** For people: `30 s`, `15 min`, `1 h 30 min`, `7 d`; the two largest units at most, rounded down. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.floor(ms))} ms`;
  const parts: string[] = [];
  let rest = Math.floor(ms / 1_000) * 1_000;
  for (const [unit, size] of [
    ['d', unitMs.d],
    ['h', unitMs.h],
    ['min', unitMs.m],
    ['s', unitMs.s],
  ] as const) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) parts.push(`${amount} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ');
}

/** The schema of an option that holds a duration. */
export const durationSchema = (options: { readonly description: string; readonly default?: string }) =>
  Type.String({ ...options, pattern: durationPattern, examples: ['30s', '15m', '2h'], 'x-gantry': 'duration' });
