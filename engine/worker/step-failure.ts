import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { type ErrorCode, GantryError } from '../errors/index.ts';
import { isPluginError } from '../plugin/index.ts';
import type { StepFailure } from '../workflow/contract.ts';
import { MustWaitForSpace } from './space-rules.ts';

/** A failure stands in the history and in lists: enough for a job's last lines, no more. */
const maxMessageLength = 2_000;

/** Errors that the same call would meet again. All others may pass: a disk has space again, a peer is back. */
const lasting: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GY601',
  'GY602',
  'GY604',
  'GY607',
  'GY609',
  'GY610',
  'GY612',
  'GY404',
  'GY416',
  'GY417',
  'GY336',
]);

/** An upgrade may be under way: the step is asked for again when it may be over. */
const retryAfterMs: Partial<Record<ErrorCode, number>> = { GY606: 30_000 };

/**
 * What a step's activity throws to Temporal. It is never retryable there, whatever the error: the run's retry machine
 * decides, on `details[0]` (a StepFailure). A throw after the cancellation is the cancellation.
 */
export const stepFailure = (error: unknown, signal: AbortSignal): ApplicationFailure | CancelledFailure =>
  signal.aborted ? cancellation(signal) : applicationFailure(said(error), true);

/** The same for an activity that no retry machine stands behind: Temporal tries it again where that can help. */
export function engineFailure(error: unknown, signal: AbortSignal): ApplicationFailure | CancelledFailure {
  if (signal.aborted) return cancellation(signal);
  const words = said(error);
  return applicationFailure(words, !words.detail.retryable);
}

const cancellation = ({ reason }: AbortSignal): CancelledFailure =>
  reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled');

interface Said {
  readonly type: string;
  readonly message: string;
  readonly detail: StepFailure;
  readonly stack?: string | undefined;
}

function said(error: unknown): Said {
  if (isPluginError(error)) {
    const { code, message, retryable, retryAfterMs = null, hint = null } = error;
    return { type: code, message, detail: { retryable, retryAfterMs, hint } };
  }
  if (error instanceof MustWaitForSpace)
    return {
      type: 'WaitingForSpace',
      message: error.message,
      detail: { retryable: true, retryAfterMs: null, hint: null, waitsFor: error.use },
    };
  if (error instanceof GantryError) {
    const { code, message, mend } = error;
    return { type: code, message, detail: { retryable: !lasting.has(code), retryAfterMs: retryAfterMs[code] ?? null, hint: mend } };
  }
  const detail = { retryable: true, retryAfterMs: null, hint: null };
  if (!(error instanceof Error)) return { type: 'PluginFailed', message: String(error), detail };
  // Its stack is where the plugin's author looks first; our own errors say where by themselves.
  return {
    type: 'PluginFailed',
    message: `${error.name}: ${error.message}`,
    detail,
    stack: error.stack?.split('\n').slice(0, 10).join('\n'),
  };
}

function applicationFailure({ type, message, detail, stack }: Said, nonRetryable: boolean): ApplicationFailure {
  const hint = detail.hint === null ? null : fit(detail.hint);
  const failure = ApplicationFailure.create({
    type,
    message: fit(message),
    nonRetryable,
    details: [{ ...detail, hint } satisfies StepFailure],
  });
  failure.stack = stack === undefined ? '' : fit(stack);
  return failure;
}

/** Without control characters but line ends: it is printed on terminals. */
function fit(text: string): string {
  const clean = text.replace(/[^\P{C}\n]/gu, ' ');
  return clean.length <= maxMessageLength ? clean : `${clean.slice(0, maxMessageLength - 1)}…`;
}
