import type { Database } from '../database.ts';
import type { Ledger } from '../ledger.ts';

/** `held` counts the unrouted too: they are held until it is decided who wants them. */
export function counts(database: Database): Awaited<ReturnType<Ledger['counts']>> {
  const states = database.all<{ state: string; n: number }>(
    `SELECT state, count(*) AS n FROM instances WHERE state <> 'reclaimed' GROUP BY state`,
  );
  const inState = (state: string): number => states.find((row) => row.state === state)?.n ?? 0;
  const others = database.get<{ wakeUps: number; collecting: number }>(
    `SELECT (SELECT count(*) FROM wakeups) AS wakeUps, (SELECT count(*) FROM groups WHERE state = 'collecting') AS collecting`,
  ) ?? { wakeUps: 0, collecting: 0 };
  return { held: inState('held') + inState('unrouted'), retained: inState('retained'), unrouted: inState('unrouted'), ...others };
}
