import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { checkAssociateRequest } from './associate-request.ts';
import type { Place } from './association-places.ts';
import type { EngineScp } from './engine-scp.ts';
import { abortReason, smallestMaxPduLength } from './pdu.ts';
import { type AnsweredContexts, answerContexts, proposesStorage } from './presentation-contexts.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { AssociationInfo, AssociationProposal, AssociationTerms, ReceiverPolicy, Rejection } from './receiver-contract.ts';

/** Who a rejection is about. */
export type Proposer = Pick<AssociationProposal, 'callingAeTitle' | 'calledAeTitle' | 'peer'>;

export type Negotiated =
  | {
      readonly outcome: 'acceptable';
      readonly info: AssociationInfo;
      readonly terms: AssociationTerms;
      readonly contexts: AnsweredContexts['accepted'];
      /** Of the peer; 0: any. */
      readonly peerMaxPduLength: number;
      /** A-ASSOCIATE-AC. */
      readonly accept: Buffer;
    }
  | {
      readonly outcome: 'rejected';
      readonly rejection: Rejection;
      readonly proposer: Proposer;
      /** What the policy threw instead of deciding. */
      readonly cause?: unknown;
    };

export interface NegotiationHost {
  readonly policy: ReceiverPolicy;
  /** Ours, announced to the peer. */
  readonly maxPduLength: number;
  /** One of the places for associations; null where there is none left. */
  takePlace(): Place | null;
}

/** PS3.8 Table 9-21, source 3: presentation related function of the service-provider. */
const localLimitExceeded: Rejection = { result: 2, source: 3, reason: 2, why: 'too many associations' };
export const temporaryCongestion: Rejection = { result: 2, source: 3, reason: 1, why: 'the engine could not decide' };

/** Judges an A-ASSOCIATE-RQ and decides about its presentation contexts; nothing is sent. Throws ProtocolViolation for one that cannot be followed. */
export async function negotiate(
  pdu: Buffer,
  { peer, tls }: Pick<AssociationProposal, 'peer' | 'tls'>,
  scp: EngineScp,
  { policy, maxPduLength, takePlace }: NegotiationHost,
): Promise<Negotiated> {
  const check = checkAssociateRequest(pdu);
  if (check.verdict === 'malformed') throw new ProtocolViolation(abortReason.invalidParameterValue, check.why);
  if (check.verdict === 'rejected') return { outcome: 'rejected', rejection: check.rejection, proposer: { ...check.titles, peer } };
  const association = scp.readAssociateRequest(check.readable);
  const peerMaxPduLength = association.getMaxPduLength();
  if (peerMaxPduLength !== 0 && peerMaxPduLength < smallestMaxPduLength)
    throw new ProtocolViolation(abortReason.invalidParameterValue, `a maximum PDU length of ${peerMaxPduLength} leaves no room for data`);

  const proposal: AssociationProposal = {
    callingAeTitle: association.getCallingAeTitle(),
    calledAeTitle: association.getCalledAeTitle(),
    peer,
    storage: proposesStorage(association),
    tls,
  };
  const rejected = (rejection: Rejection) => ({ outcome: 'rejected', rejection, proposer: proposal }) as const;
  const place = takePlace();
  if (place === null) return rejected(localLimitExceeded);
  try {
    const terms = await policy.admit(proposal);
    if ('result' in terms) return rejected(terms);
    // Before anything else is awaited: of two that are admitted at once, the second must find the first's share taken.
    if (!place.share(terms.limits)) return rejected(localLimitExceeded);
    const { accepted, refused } = answerContexts(association, terms);
    const { implementation, proposesWindow } = check.user;
    const info = {
      ...proposal,
      id: randomUUID(),
      openedAt: Date.now(),
      implementation,
      acceptedContexts: accepted.size,
      refusedContexts: refused,
    };
    const accept = scp.accept(association, maxPduLength, proposesWindow);
    return { outcome: 'acceptable', info, terms, contexts: accepted, peerMaxPduLength, accept };
  } catch (cause) {
    return { ...rejected(temporaryCongestion), cause };
  }
}
