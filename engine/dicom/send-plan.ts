import { type ContextProposal, contextKey, maxContexts } from './context-proposal.ts';
import type { OutgoingFile } from './sender-contract.ts';

/** Message IDs have 16 bits (PS3.7 §E.1), and what is open when an association is lost should not be a whole archive. */
const maxInstances = 1_000;

/** What one association carries: files by their place in the list, and the contexts they need. */
export interface SendBatch {
  readonly files: readonly { readonly index: number; readonly file: OutgoingFile }[];
  readonly contexts: readonly ContextProposal[];
}

export function contextOf({ sopClassUid, transferSyntaxUid }: OutgoingFile): ContextProposal {
  return { abstractSyntaxUid: sopClassUid, transferSyntaxUid };
}

/**
 * Divides files, in their order, into batches that an association can carry: at most 1,000 instances, at most 128 pairs of SOP class and
 * transfer syntax, and small enough that all associations have something to do.
 */
export function planBatches(files: readonly OutgoingFile[], associations: number): readonly SendBatch[] {
  const share = Math.min(maxInstances, Math.max(1, Math.ceil(files.length / associations)));
  const batches: SendBatch[] = [];
  let batch: { index: number; file: OutgoingFile }[] = [];
  let contexts = new Map<string, ContextProposal>();
  const close = (): void => {
    if (batch.length > 0) batches.push({ files: batch, contexts: [...contexts.values()] });
    batch = [];
    contexts = new Map();
  };
  files.forEach((file, index) => {
    const context = contextOf(file);
    const key = contextKey(context);
    if (batch.length === share || (contexts.size === maxContexts && !contexts.has(key))) close();
    batch.push({ index, file });
    contexts.set(key, context);
  });
  close();
  return batches;
}
