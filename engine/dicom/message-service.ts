import type { Buffer } from 'node:buffer';
import { type CommandSet, commandField, encodeResponse } from './command-set.ts';
import { MessageAssembler } from './message-assembler.ts';
import { abortReason, commandPdus } from './pdu.ts';
import type { Fragment } from './pdu-framer.ts';
import type { AcceptedContext } from './presentation-contexts.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { AssociationInfo, AssociationSummary, ReceiverPolicy } from './receiver-contract.ts';
import { isStoredStatus, storeStatus } from './status.ts';
import { StoreOperation } from './store-operation.ts';
import { isValidUid } from './uid.ts';

/** Data of requests that are not C-STORE is dropped, and no more than this is waited for. */
const maxDroppedLength = 8 * 1_048_576;

export interface MessageServiceOptions {
  readonly association: AssociationInfo;
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  readonly policy: ReceiverPolicy;
  /** Of the peer; 0: any. */
  readonly maxPduLength: number;
  /** Resolves when the peer has room for more. */
  send(pdus: Buffer): Promise<void>;
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
  #answering: Promise<void> = Promise.resolve();
  #stored = 0;
  #failed = 0;
  #sizeBytes = 0;

  constructor(options: MessageServiceOptions) {
    this.#options = options;
  }

  get insideMessage(): boolean {
    return this.#assembler.insideMessage;
  }

  get counts(): Pick<AssociationSummary, 'stored' | 'failed' | 'sizeBytes'> {
    return { stored: this.#stored, failed: this.#failed, sizeBytes: this.#sizeBytes };
  }

  /** A promise: nothing more may be taken until it resolves. Throws ProtocolViolation. */
  take(fragment: Fragment): Promise<void> | null {
    if (!this.#options.contexts.has(fragment.contextId))
      throw new ProtocolViolation(abortReason.invalidParameterValue, `presentation context ${fragment.contextId} is not accepted`);
    const part = this.#assembler.take(fragment);
    if (part === null) return null;
    return part.kind === 'command' ? this.#begin(part.contextId, part.command) : this.#takeData(part.data, part.last);
  }

  /** The association is over: an instance whose data is incomplete is dropped. Resolves when one that was complete is finished. */
  end(): Promise<void> {
    this.#current?.operation.discard();
    this.#current = null;
    return this.#answering.catch(() => {});
  }

  #begin(contextId: number, request: CommandSet): Promise<void> | null {
    if ((request.commandField & commandField.response) !== 0)
      throw new ProtocolViolation(abortReason.unexpectedPdu, 'response without a request');
    this.#current = { contextId, request, operation: this.#operation(contextId, request) };
    return request.hasDataset ? null : this.#finish();
  }

  #operation(contextId: number, request: CommandSet): StoreOperation {
    if (request.commandField === commandField.echo) return StoreOperation.answered(storeStatus.success());
    if (request.commandField !== commandField.store)
      return StoreOperation.answered(storeStatus.unrecognizedOperation('only C-STORE and C-ECHO are supported'));
    const { sopClassUid, sopInstanceUid } = request;
    const { policy, association, contexts, onFault } = this.#options;
    const { abstractSyntaxUid, transferSyntaxUid } = contexts.get(contextId) as AcceptedContext;
    if (!request.hasDataset) return StoreOperation.answered(storeStatus.cannotUnderstand('there is no dataset'));
    if (!isValidUid(sopInstanceUid)) return StoreOperation.answered(storeStatus.invalidInstance('SOP Instance UID is not a UID'));
    // Otherwise a peer could send a class that was refused to it in the context of another.
    if (sopClassUid !== abstractSyntaxUid)
      return StoreOperation.answered(storeStatus.sopClassNotSupported('SOP Class is not that of its presentation context'));
    return StoreOperation.begin(policy, { association, sopClassUid, sopInstanceUid, transferSyntaxUid }, onFault);
  }

  #takeData(data: Buffer, last: boolean): Promise<void> | null {
    const { request, operation } = this.#current as CurrentRequest;
    const wait = operation.write(data);
    if (last) return wait === null ? this.#finish() : wait.then(() => this.#finish());
    if (request.commandField !== commandField.store && operation.sizeBytes > maxDroppedLength)
      throw new ProtocolViolation(abortReason.notSpecified, 'dataset of an unsupported request is too long');
    return wait;
  }

  #finish(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    // A C-CANCEL-RQ has no response of its own (PS3.7 §9.3.2.3), and nothing runs that it could cancel.
    if (current !== null && current.request.commandField !== commandField.cancel) this.#answering = this.#answer(current);
    return this.#answering;
  }

  async #answer({ contextId, request, operation }: CurrentRequest): Promise<void> {
    const status = await operation.finish();
    if (request.commandField === commandField.store) this.#count(status.status, operation.sizeBytes);
    await this.#options.send(commandPdus(contextId, encodeResponse(request, status), this.#options.maxPduLength));
  }

  #count(status: number, sizeBytes: number): void {
    if (!isStoredStatus(status)) {
      this.#failed += 1;
      return;
    }
    this.#stored += 1;
    this.#sizeBytes += sizeBytes;
  }
}
