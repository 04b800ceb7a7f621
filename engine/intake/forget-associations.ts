import type { Ledger } from '../ledger/index.ts';

/** How long it is remembered who sent what, and how it ended: 90 days. */
const keptMs = 90 * 86_400_000;

/** Small, so that nothing that is being received waits long for it. */
const batch = 500;

/** Forgets a batch of the oldest associations; what is left is for the next time. */
export const forgetOldAssociations = (ledger: Pick<Ledger, 'forgetAssociations'>, now: number): Promise<number> =>
  ledger.forgetAssociations(now - keptMs, batch);
