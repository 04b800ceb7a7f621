import { parseDuration } from '../plugin/index.ts';
import { defaultPolicy, type RetryPolicy } from '../retries/index.ts';
import { childPointer } from './json-pointer.ts';
import { isRecord } from './json-schema.ts';
import type { Report } from './report.ts';

/** The workflow's policies with their defaults, by name; `default` is always among them. Their shape is checked before. */
export function readRetries(retries: unknown, report: Report): ReadonlyMap<string, RetryPolicy> {
  const policies = new Map([['default', defaultPolicy]]);
  for (const [name, given] of Object.entries(isRecord(retries) ? retries : {})) {
    const policy = isRecord(given) ? given : {};
    const backoff = isRecord(policy.backoff) ? policy.backoff : {};
    const initialMs = durationMs(backoff.initial) ?? defaultPolicy.backoff.initialMs;
    const maxMs = durationMs(backoff.max);
    if (maxMs !== null && maxMs < initialMs) {
      const message = 'the longest pause is shorter than the first';
      report.at(`${childPointer('/retries', name)}/backoff/max`, 'value', { code: 'GY206', message });
    }
    policies.set(name, {
      name,
      attempts: (policy.attempts as number | undefined) ?? defaultPolicy.attempts,
      backoff: {
        initialMs,
        factor: (backoff.factor as number | undefined) ?? defaultPolicy.backoff.factor,
        maxMs: maxMs ?? Math.max(initialMs, defaultPolicy.backoff.maxMs),
      },
      exhausted: (policy.exhausted as RetryPolicy['exhausted'] | undefined) ?? defaultPolicy.exhausted,
      on: isRecord(policy.on) ? (policy.on as RetryPolicy['on']) : {},
    });
  }
  return policies;
}

/** Null for what is no duration: the shape reports it. */
export function durationMs(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  try {
    return parseDuration(value);
  } catch {
    return null;
  }
}
