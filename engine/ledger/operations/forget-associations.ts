import type { Database } from '../database.ts';
import { hourMs } from './rejections.ts';

/** In small batches, so that nothing that is being received waits for it. Instances keep their AE titles, and lose how their association ended. */
export function forgetAssociations(database: Database, before: number, limit: number): number {
  // An association began before it ended: the index on its beginning finds the few that are due.
  const accepted = database.run(
    `DELETE FROM associations WHERE id IN
       (SELECT id FROM associations WHERE opened_at < ?1 AND closed_at < ?1 ORDER BY opened_at LIMIT ?2)`,
    before,
    limit,
  );
  const rejected = database.run(
    `DELETE FROM rejections WHERE (hour, calling_ae_title, called_ae_title, peer, code) IN
       (SELECT hour, calling_ae_title, called_ae_title, peer, code FROM rejections WHERE hour < ? ORDER BY hour LIMIT ?)`,
    Math.floor(before / hourMs),
    limit,
  );
  return accepted.changes + rejected.changes;
}
