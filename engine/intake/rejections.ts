import type { AssociationProposal, Rejection } from '../dicom/index.ts';
import type { AssociationRejections, Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';

/** As PS3.8 Table 9-21 numbers them, such as "2/3/2". */
export const rejectionCode = ({ result, source, reason }: Rejection): string => `${result}/${source}/${reason}`;

/** Combinations of names and code that may wait for the ledger; beyond, names are dropped, as the ledger does. */
const mostWaiting = 256;

const nobody = { callingAeTitle: '', calledAeTitle: '', peer: '' };

/** Keeps rejected associations: no peer waits for it, and however many knock, one small write is under way at a time. */
export function createRejectionRecorder({ ledger, log }: { readonly ledger: Pick<Ledger, 'associationsRejected'>; readonly log: Log }) {
  const waiting = new Map<string, AssociationRejections>();
  let writing = false;

  const write = async (): Promise<void> => {
    writing = true;
    while (waiting.size > 0) {
      const rejections = [...waiting.values()];
      waiting.clear();
      await ledger.associationsRejected(rejections).catch((error: unknown) => {
        log.error('rejected associations were not recorded', { error: error instanceof Error ? error.message : String(error) });
      });
    }
    writing = false;
  };

  return {
    add(proposal: Pick<AssociationProposal, 'callingAeTitle' | 'calledAeTitle' | 'peer'>, rejection: Rejection): void {
      const { callingAeTitle, calledAeTitle, peer } = proposal;
      const code = rejectionCode(rejection);
      const key = JSON.stringify([callingAeTitle, calledAeTitle, peer, code]);
      const isKeptApart = waiting.has(key) || waiting.size < mostWaiting;
      const names = isKeptApart ? { callingAeTitle, calledAeTitle, peer } : nobody;
      const place = isKeptApart ? key : code;
      const times = (waiting.get(place)?.times ?? 0) + 1;
      waiting.set(place, { ...names, code, why: rejection.why, at: Date.now(), times });
      if (!writing) void write();
    },
  };
}
