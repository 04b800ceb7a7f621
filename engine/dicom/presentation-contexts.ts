import { type Association, PresentationContextResult } from './dimse.ts';
import { isStorageSopClass, verificationSopClassUid } from './sop-classes.ts';
import { transferSyntaxNames } from './transfer-syntaxes.ts';
import { isValidUid } from './uid.ts';

/** What may be sent in a presentation context. */
export interface AcceptedContext {
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
}

/**
 * Sets each proposed context's result: verification and the storage SOP Classes that are wanted, in the first transfer syntax proposed
 * that can travel as it is. The order is the peer's: it knows best which one its data is in. Results are those of PS3.8 Table 9-18.
 */
export function answerContexts(
  association: Association,
  acceptsSopClass: (sopClassUid: string) => boolean,
): ReadonlyMap<number, AcceptedContext> {
  const accepted = new Map<number, AcceptedContext>();
  for (const { id, context } of association.getPresentationContexts()) {
    const abstractSyntaxUid = context.getAbstractSyntaxUid();
    const transferSyntaxUid = context.getTransferSyntaxUids().find((uid) => transferSyntaxNames.has(uid));
    // A proposed role (PS3.7 §D.3.3.4) is answered: the peer as SCU, never as SCP, for we send nothing back.
    if (context.getUserRole() !== undefined) context.setProviderRole(false);
    if (!isWanted(abstractSyntaxUid, acceptsSopClass)) {
      context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
    } else if (transferSyntaxUid === undefined) {
      context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
    } else {
      context.setResult(PresentationContextResult.Accept, transferSyntaxUid);
      accepted.set(id, { abstractSyntaxUid, transferSyntaxUid });
    }
  }
  return accepted;
}

function isWanted(abstractSyntaxUid: string, acceptsSopClass: (sopClassUid: string) => boolean): boolean {
  if (abstractSyntaxUid === verificationSopClassUid) return true;
  return isValidUid(abstractSyntaxUid) && isStorageSopClass(abstractSyntaxUid) && acceptsSopClass(abstractSyntaxUid);
}

/** Whether any context is proposed for storage. */
export function proposesStorage(association: Association): boolean {
  return association.getPresentationContexts().some(({ context }) => isStorageSopClass(context.getAbstractSyntaxUid()));
}
