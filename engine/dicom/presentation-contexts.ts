import { type Association, PresentationContextResult } from './dimse.ts';
import { printable } from './printable.ts';
import type { AssociationTerms, RefusedContext } from './receiver-contract.ts';
import { isStorageSopClass, verificationSopClassUid } from './sop-classes.ts';
import { isKnownTransferSyntax } from './transfer-syntaxes.ts';
import { isValidUid } from './uid.ts';

/** What may be sent in a presentation context. */
export interface AcceptedContext {
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
}

export interface AnsweredContexts {
  /** By presentation context id. */
  readonly accepted: ReadonlyMap<number, AcceptedContext>;
  readonly refused: readonly RefusedContext[];
}

/**
 * Sets each proposed context's result: verification and the storage SOP Classes that the terms accept, in the first transfer syntax proposed
 * that they accept. The order is the peer's: it knows best which one its data is in. Results are those of PS3.8 Table 9-18.
 */
export function answerContexts(association: Association, terms: AssociationTerms): AnsweredContexts {
  const accepted = new Map<number, AcceptedContext>();
  const refused: RefusedContext[] = [];
  for (const { id, context } of association.getPresentationContexts()) {
    const abstractSyntaxUid = context.getAbstractSyntaxUid();
    // A proposed role (PS3.7 §D.3.3.4) is answered: the peer as SCU, never as SCP, for we send nothing back.
    if (context.getUserRole() !== undefined) context.setProviderRole(false);
    const takes = transferSyntaxes(abstractSyntaxUid, terms);
    const transferSyntaxUid = takes && context.getTransferSyntaxUids().find(takes);
    if (transferSyntaxUid !== undefined) {
      context.setResult(PresentationContextResult.Accept, transferSyntaxUid);
      accepted.set(id, { abstractSyntaxUid, transferSyntaxUid });
    } else {
      context.setResult(
        takes === undefined
          ? PresentationContextResult.RejectAbstractSyntaxNotSupported
          : PresentationContextResult.RejectTransferSyntaxesNotSupported,
      );
      refused.push({ abstractSyntaxUid: printable(abstractSyntaxUid, 64), result: takes === undefined ? 3 : 4 });
    }
  }
  return { accepted, refused };
}

/** Which transfer syntaxes an abstract syntax is served in; undefined where it is not served. */
function transferSyntaxes(abstractSyntaxUid: string, terms: AssociationTerms): ((uid: string) => boolean) | undefined {
  // C-ECHO has no dataset, so rules about datasets have no say in it.
  if (abstractSyntaxUid === verificationSopClassUid) return terms.verification ? isKnownTransferSyntax : undefined;
  if (!isStorageSopClass(abstractSyntaxUid) || !terms.acceptsSopClass(abstractSyntaxUid)) return undefined;
  return (uid) => isValidUid(uid) && terms.acceptsTransferSyntax(uid);
}

/** Whether any context is proposed for storage. */
export function proposesStorage(association: Association): boolean {
  return association.getPresentationContexts().some(({ context }) => isStorageSopClass(context.getAbstractSyntaxUid()));
}
