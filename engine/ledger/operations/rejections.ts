import type { Database } from '../database.ts';
import type { AssociationRejections } from '../ledger.ts';

/** Rejections that are alike within this time are one row. */
export const hourMs = 3_600_000;

/** Combinations of names and code that are kept apart within an hour: whoever knocks under ever other names must not fill the ledger. */
const mostOfAnHour = 256;

const nobody = { callingAeTitle: '', calledAeTitle: '', peer: '' };

/** Counts rejected associations, by hour, names and code; those beyond what an hour may hold by code alone. */
export function associationsRejected(database: Database, rejections: readonly AssociationRejections[]): void {
  for (const rejection of rejections) {
    const hour = Math.floor(rejection.at / hourMs);
    add(database, hour, isKeptApart(database, hour, rejection) ? rejection : { ...rejection, ...nobody });
  }
}

function isKeptApart(database: Database, hour: number, { callingAeTitle, calledAeTitle, peer, code }: AssociationRejections): boolean {
  const known = database.get(
    'SELECT 1 FROM rejections WHERE hour = ? AND calling_ae_title = ? AND called_ae_title = ? AND peer = ? AND code = ?',
    hour,
    callingAeTitle,
    calledAeTitle,
    peer,
    code,
  );
  if (known !== undefined) return true;
  const kept = database.get<{ n: number }>('SELECT count(*) AS n FROM rejections WHERE hour = ?', hour);
  return (kept?.n ?? 0) < mostOfAnHour;
}

function add(database: Database, hour: number, rejection: AssociationRejections): void {
  database.run(
    `INSERT INTO rejections (hour, calling_ae_title, called_ae_title, peer, code, why, first_at, last_at, times)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)
     ON CONFLICT (hour, calling_ae_title, called_ae_title, peer, code)
     DO UPDATE SET why = excluded.why, last_at = max(last_at, excluded.last_at), times = times + excluded.times`,
    hour,
    rejection.callingAeTitle,
    rejection.calledAeTitle,
    rejection.peer,
    rejection.code,
    rejection.why,
    rejection.at,
    rejection.times,
  );
}
