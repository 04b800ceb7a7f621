import type { Context } from '@temporalio/activity';

/** Each beat is a message to the server; nobody watches more closely than this. */
const shortestMs = 1_000;
const longestMs = 5_000;

export interface Heartbeat {
  progress(done: number, total: number | null, note?: string): void;
  stop(): void;
}

/**
 * Beats for as long as a step runs, whether it reports progress or not: cancellation reaches an activity only in the
 * answer to a heartbeat, and a worker that is gone is noticed by their absence.
 */
export function startHeartbeat(context: Context): Heartbeat {
  const everyMs = Math.min(longestMs, (context.info.heartbeatTimeoutMs ?? 3 * longestMs) / 3);
  let details: { done: number; total: number | null; note: string | null } | undefined;
  let last = 0;
  const beat = (): void => {
    last = Date.now();
    context.heartbeat(details);
  };
  beat();
  const timer = setInterval(beat, everyMs);
  return {
    progress(done, total, note) {
      details = { done, total, note: note === undefined ? null : note.slice(0, 200) };
      if (Date.now() - last >= shortestMs) beat();
    },
    stop: () => clearInterval(timer),
  };
}
