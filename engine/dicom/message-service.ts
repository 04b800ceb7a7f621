import type { Buffer } from 'node:buffer';
import { type CommandSet, commandField, encodeResponse } from './command-set.ts';
import { MessageAssembler } from './message-assembler.ts';
import { abortReason, commandPdus } from './pdu.ts';
import type { Fragment } from './pdu-framer.ts';
import type { AcceptedContext } from './presentation-contexts.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { AssociationInfo, AssociationSummary, AssociationTerms, ReceiverPolicy, StoreStatus } from './receiver-contract.ts';
import { isStoredStatus, storeStatus } from './status.ts';
import { StoreOperation } from './store-operation.ts';
import { isValidUid } from './uid.ts';

/** Data of requests that are not C-STORE is dropped, and no more than this is waited for. */
const maxDroppedLength = 8 * 1_048_576;

export interface MessageServiceOptions {
  readonly association: AssociationInfo;
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  readonly policy: ReceiverPolicy;
  readonly terms: Pick<AssociationTerms, 'verification' | 'largestInstanceBytes'>;
  /** Of the peer; 0: any. */
  readonly maxPduLength: number;
  /** A promise: resolves when the peer has room for more. */
  send(pdus: Buffer): Promise<void> | null;
  onFault(error: unknown): void;
}

interface CurrentRequest {
  readonly contextId: number;
  readonly request: CommandSet;
  readonly operation: StoreOperation;
}

/** The DIMSE service of one association: C-ECHO and C-STORE, one message at a time; other requests are answered 0211. */
export class MessageService {
  readonly #options: MessageServiceOptions;
  readonly #assembler = new MessageAssembler();
  #current: CurrentRequest | null = null;
  #answering: Promise<void> | null = null;
  #stored = 0;
  #failed = 0;
  #sizeBytes = 0;
  readonly #statuses = new Map<number, number>();

  constructor(options: MessageServiceOptions) {
    this.#options = options;
  }

  get insideMessage(): boolean {
    return this.#assembler.insideMessage;
  }

  get counts(): Pick<AssociationSummary, 'stored' | 'failed' | 'statuses' | 'sizeBytes'> {
    return { stored: this.#stored, failed: this.#failed, statuses: this.#statuses, sizeBytes: this.#sizeBytes };
  }

  /** A promise: nothing more may be taken until it resolves. Throws ProtocolViolation. */
  take(fragment: Fragment): Promise<void> | null {
    if (!this.#options.contexts.has(fragment.contextId))
      throw new ProtocolViolation(abortReason.invalidParameterValue, `presentation context ${fragment.contextId} is not accepted`);
    const part = this.#assembler.take(fragment);
    if (part === null) return null;
    return part === 'data' ? this.#takeData(fragment.data, fragment.last) : this.#begin(fragment.contextId, part);
  }

  /** The association is over: an instance whose data is incomplete is dropped. Resolves when one that was complete is finished. */
  async end(): Promise<void> {
    this.#current?.operation.discard();
    this.#current = null;
    await this.#answering?.catch(() => {});
  }

  #begin(contextId: number, request: CommandSet): Promise<void> | null {
    if ((request.commandField & commandField.response) !== 0)
      throw new ProtocolViolation(abortReason.unexpectedPdu, 'response without a request');
    this.#current = { contextId, request, operation: this.#operation(contextId, request) };
    return request.hasDataset ? null : this.#finish();
  }

  #operation(contextId: number, request: CommandSet): StoreOperation {
    const { policy, terms, association, contexts, onFault } = this.#options;
    if (request.commandField === commandField.echo)
      return StoreOperation.answered(
        terms.verification ? storeStatus.success() : storeStatus.sopClassNotSupported('verification is not served'),
      );
    if (request.commandField !== commandField.store)
      return StoreOperation.answered(storeStatus.unrecognizedOperation('only C-STORE and C-ECHO are supported'));
    const { sopClassUid, sopInstanceUid } = request;
    const { abstractSyntaxUid, transferSyntaxUid } = contexts.get(contextId) as AcceptedContext;
    if (!request.hasDataset) return StoreOperation.answered(storeStatus.cannotUnderstand('there is no dataset'));
    if (!isValidUid(sopInstanceUid)) return StoreOperation.answered(storeStatus.invalidInstance('SOP Instance UID is not a UID'));
    // Otherwise a peer could send a class that was refused to it in the context of another.
    if (sopClassUid !== abstractSyntaxUid)
      return StoreOperation.answered(storeStatus.sopClassNotSupported('SOP Class is not that of its presentation context'));
    const incoming = { association, sopClassUid, sopInstanceUid, transferSyntaxUid };
    return StoreOperation.begin(policy, incoming, terms.largestInstanceBytes ?? Number.POSITIVE_INFINITY, onFault);
  }

  #takeData(data: Buffer, last: boolean): Promise<void> | null {
    const { request, operation } = this.#current as CurrentRequest;
    const wait = operation.write(data);
    if (last) return wait === null ? this.#finish() : wait.then(() => this.#finish() ?? undefined);
    if (request.commandField !== commandField.store && operation.sizeBytes > maxDroppedLength)
      throw new ProtocolViolation(abortReason.notSpecified, 'dataset of an unsupported request is too long');
    return wait;
  }

  #finish(): Promise<void> | null {
    const current = this.#current;
    this.#current = null;
    // A C-CANCEL-RQ has no response of its own (PS3.7 §9.3.2.3), and nothing runs that it could cancel.
    if (current === null || current.request.commandField === commandField.cancel) return null;
    const status = current.operation.finish();
    if (!(status instanceof Promise)) return this.#answer(current, status);
    this.#answering = status.then((known) => this.#answer(current, known) ?? undefined);
    return this.#answering;
  }

  #answer({ contextId, request, operation }: CurrentRequest, status: StoreStatus): Promise<void> | null {
    if (request.commandField === commandField.store) this.#count(status.status, operation.sizeBytes);
    return this.#options.send(commandPdus(contextId, encodeResponse(request, status), this.#options.maxPduLength));
  }

  #count(status: number, sizeBytes: number): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (!isStoredStatus(status)) {
      this.#failed += 1;
      return;
    }
    this.#stored += 1;
    this.#sizeBytes += sizeBytes;
  }
}
