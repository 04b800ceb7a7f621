/**
 * Places where a test ends the process, to see that nothing acknowledged is lost or done twice:
 * - `recorded`: the ledger has committed the instance's row; the peer has no answer yet
 * - `routed`: its claims are committed
 * - `dispatched`: a wake-up is taken from the ledger and about to be sent
 * - `signalled`: Temporal has accepted it; the ledger still has it
 * - `reclaim-deleted`: a file is deleted; its row still says that it is there
 * - `reclaimed`: the rows say that they are gone
 */
export type IntakeCrashPoint = 'recorded' | 'routed' | 'dispatched' | 'signalled' | 'reclaim-deleted' | 'reclaimed';
