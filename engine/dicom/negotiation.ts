import type { Buffer } from 'node:buffer';
import { checkAssociateRequest } from './associate-request.ts';
import type { Association } from './dimse.ts';
import type { EngineScp } from './engine-scp.ts';
import { abortReason, smallestMaxPduLength } from './pdu.ts';
import { type AcceptedContext, answerContexts, proposesStorage } from './presentation-contexts.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { AssociationProposal, ReceiverPolicy, Rejection } from './receiver-contract.ts';

export type Negotiated =
  | {
      readonly outcome: 'acceptable';
      readonly association: Association;
      readonly proposal: AssociationProposal;
      readonly contexts: ReadonlyMap<number, AcceptedContext>;
      /** Of the peer; 0: any. */
      readonly peerMaxPduLength: number;
    }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection; readonly by: 'policy' | 'receiver' };

export interface NegotiationHost {
  readonly policy: ReceiverPolicy;
  /** Takes one of the places for associations; false where there is none left. */
  reserve(): boolean;
}

/** PS3.8 Table 9-21, source 3: presentation related function of the service-provider. */
const localLimitExceeded: Rejection = { result: 2, source: 3, reason: 2, why: 'too many associations' };

/**
 * Judges an A-ASSOCIATE-RQ and sets the results of its presentation contexts; nothing is sent. Throws ProtocolViolation for a request that
 * cannot be followed, and what the policy throws.
 */
export async function negotiate(pdu: Buffer, peer: string, scp: EngineScp, host: NegotiationHost): Promise<Negotiated> {
  const check = checkAssociateRequest(pdu);
  if (check.verdict === 'malformed') throw new ProtocolViolation(abortReason.invalidParameterValue, check.why);
  if (check.verdict === 'rejected') return { outcome: 'rejected', rejection: check.rejection, by: 'receiver' };
  const association = scp.readAssociateRequest(pdu);
  const peerMaxPduLength = association.getMaxPduLength();
  if (peerMaxPduLength !== 0 && peerMaxPduLength < smallestMaxPduLength)
    throw new ProtocolViolation(abortReason.invalidParameterValue, `a maximum PDU length of ${peerMaxPduLength} leaves no room for data`);
  if (!host.reserve()) return { outcome: 'rejected', rejection: localLimitExceeded, by: 'receiver' };

  const { policy } = host;
  const calledAeTitle = association.getCalledAeTitle();
  const proposal: AssociationProposal = {
    callingAeTitle: association.getCallingAeTitle(),
    calledAeTitle,
    peer,
    storage: proposesStorage(association),
  };
  const rejection = await policy.admit(proposal);
  if (rejection !== null) return { outcome: 'rejected', rejection, by: 'policy' };
  const contexts = answerContexts(association, (sopClassUid) => policy.acceptsSopClass(calledAeTitle, sopClassUid));
  return { outcome: 'acceptable', association, proposal, contexts, peerMaxPduLength };
}
