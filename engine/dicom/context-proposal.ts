import { Association } from './dimse.ts';
import { transferSyntaxNames } from './transfer-syntaxes.ts';

/** A presentation context to propose: one abstract syntax in exactly one transfer syntax, so that the answer decides about both. */
export interface ContextProposal {
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
}

/** Odd ids from 1 to 255 (PS3.8 §9.3.2.2). */
export const maxContexts = 128;

/** What the peer answered to a proposal: the id to send with, or why not. */
export type ContextAnswer = { readonly id: number } | { readonly refused: string };

/** PS3.8 Table 9-18. */
const result = { acceptance: 0, userRejection: 1, noReason: 2, abstractSyntaxNotSupported: 3, transferSyntaxesNotSupported: 4 } as const;

export function contextKey({ abstractSyntaxUid, transferSyntaxUid }: ContextProposal): string {
  return `${abstractSyntaxUid} ${transferSyntaxUid}`;
}

/** An association that proposes these contexts and nothing else, in their order. */
export function proposedAssociation(callingAeTitle: string, calledAeTitle: string, contexts: readonly ContextProposal[]): Association {
  const association = new Association(callingAeTitle, calledAeTitle);
  for (const { abstractSyntaxUid, transferSyntaxUid } of contexts) {
    const id = association.addPresentationContext(abstractSyntaxUid);
    association.addTransferSyntaxToPresentationContext(id, transferSyntaxUid);
  }
  return association;
}

/** The peer's answers by `contextKey`. */
export function contextAnswers(association: Association, contexts: readonly ContextProposal[]): ReadonlyMap<string, ContextAnswer> {
  const answered = association.getPresentationContexts();
  return new Map(
    contexts.map((proposal, index): [string, ContextAnswer] => {
      const context = answered[index]?.context;
      if (context === undefined) return [contextKey(proposal), { refused: 'the peer did not answer its presentation context' }];
      const accepted = context.getResult() === result.acceptance;
      // An acceptor may choose only from what was proposed (PS3.8 §9.3.3.2); one that does not would get bytes it cannot read.
      if (accepted && context.getAcceptedTransferSyntaxUid() === proposal.transferSyntaxUid) {
        return [contextKey(proposal), { id: context.getPresentationContextId() }];
      }
      return [contextKey(proposal), { refused: refusal(accepted ? result.transferSyntaxesNotSupported : context.getResult(), proposal) }];
    }),
  );
}

function refusal(code: number, { abstractSyntaxUid, transferSyntaxUid }: ContextProposal): string {
  const name = transferSyntaxNames.get(transferSyntaxUid);
  const transferSyntax = name === undefined ? transferSyntaxUid : `${transferSyntaxUid} (${name})`;
  switch (code) {
    case result.transferSyntaxesNotSupported:
      return `transfer syntax refused: ${transferSyntax}`;
    case result.abstractSyntaxNotSupported:
      return `SOP class refused: ${abstractSyntaxUid}`;
    case result.userRejection:
    case result.noReason:
      return `presentation context refused: SOP class ${abstractSyntaxUid} in ${transferSyntax}`;
    default:
      return 'the peer did not answer its presentation context';
  }
}
