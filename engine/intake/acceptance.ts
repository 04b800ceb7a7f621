import { Buffer } from 'node:buffer';
import type { DatasetFacts, IncomingInstance, InstanceSink, StoreStatus } from '../dicom/index.ts';
import { datasetDigest, isKnownTransferSyntax, part10Header, readDatasetFacts, readFileFacts, storeStatus } from '../dicom/index.ts';
import { GantryError } from '../errors/index.ts';
import type { Comparison, Ledger, NewInstance, RecordOutcome } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import { BufferPool, type Storage, type StorageWriter } from '../storage/index.ts';
import type { IntakeCrashPoint } from './crash-point.ts';

export interface AcceptanceOptions {
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly overwriteSameInstance: boolean;
  onRecorded(): void;
  /** For tests: where the process may end. */
  crashPoint?(at: IntakeCrashPoint): void;
}

/** Attributes that are recorded lie in the first few kilobytes; where they do not, the file is read. */
const headBytes = 32_768;
const heads = new BufferPool(headBytes);
const nothing = Buffer.alloc(0);

/** Takes one incoming instance into storage and the ledger. Its Success means: synced, renamed, committed (promise 1). */
export function accept(incoming: IncomingInstance, options: AcceptanceOptions): InstanceSink {
  return new Acceptance(incoming, options);
}

class Acceptance implements InstanceSink {
  readonly #incoming: IncomingInstance;
  readonly #options: AcceptanceOptions;
  readonly #writer: StorageWriter;
  #head: Buffer | null = null;
  #headLength = 0;
  #length = 0;

  constructor(incoming: IncomingInstance, options: AcceptanceOptions) {
    const { association, sopClassUid, sopInstanceUid, transferSyntaxUid } = incoming;
    const { callingAeTitle, calledAeTitle } = association;
    this.#incoming = incoming;
    this.#options = options;
    this.#writer = options.storage.create(part10Header({ sopClassUid, sopInstanceUid, transferSyntaxUid, callingAeTitle, calledAeTitle }));
  }

  write(chunk: Buffer): boolean {
    this.#length += chunk.length;
    if (this.#headLength < headBytes) {
      this.#head ??= heads.take();
      this.#headLength += chunk.copy(this.#head, this.#headLength);
    }
    return this.#writer.write(chunk);
  }

  drained(): Promise<void> {
    return this.#writer.drained();
  }

  discard(): Promise<void> {
    this.#dropHead();
    return this.#writer.discard();
  }

  async finish(): Promise<StoreStatus> {
    const { storage, onRecorded } = this.#options;
    let path: string | null = null;
    try {
      let facts = await this.#factsOfHead();
      let mismatch = facts === null ? null : disagreement(facts, this.#incoming);
      if (mismatch !== null) {
        await this.#writer.discard();
        return mismatch;
      }
      const stored = await this.#writer.commit();
      path = stored.path;
      if (facts === null) {
        facts = await this.#factsOfFile(storage.resolve(path));
        mismatch = disagreement(facts, this.#incoming);
        if (mismatch !== null) {
          await storage.delete(path);
          return mismatch;
        }
      }
      const outcome = await this.#record(this.#instance(facts, stored));
      if (outcome === 'duplicate' || outcome === 'kept-first') await storage.delete(path);
      path = null;
      onRecorded();
      return storeStatus.success();
    } catch (error) {
      await this.#writer.discard();
      if (path !== null && !mayBeRecorded(error)) await storage.delete(path).catch(() => {});
      return failure(error, this.#options.log);
    }
  }

  async #factsOfHead(): Promise<DatasetFacts | null> {
    const head = (this.#head ?? nothing).subarray(0, this.#headLength);
    try {
      return await this.#orOpaque(readDatasetFacts(head, this.#headLength === this.#length, this.#incoming.transferSyntaxUid));
    } finally {
      this.#dropHead();
    }
  }

  #dropHead(): void {
    if (this.#head !== null) heads.give(this.#head);
    this.#head = null;
  }

  #factsOfFile(path: string): Promise<DatasetFacts> {
    return this.#orOpaque(readFileFacts(path));
  }

  /** Taken by the rule `accept: any`: what cannot be read, or says nothing, in an encoding that nobody knows is no fault of the peer. */
  async #orOpaque<T extends DatasetFacts | null>(reading: Promise<T>): Promise<T | DatasetFacts> {
    const { sopClassUid, sopInstanceUid, transferSyntaxUid } = this.#incoming;
    if (isKnownTransferSyntax(transferSyntaxUid)) return reading;
    const opaque = { sopClassUid, sopInstanceUid, studyInstanceUid: null, seriesInstanceUid: null, modality: null };
    const facts = await reading.catch(() => opaque);
    return facts !== null && (facts.sopClassUid === null || facts.sopInstanceUid === null) ? opaque : facts;
  }

  #instance(facts: DatasetFacts, stored: { readonly path: string; readonly sizeBytes: number }): NewInstance {
    const { association, sopClassUid, sopInstanceUid, transferSyntaxUid } = this.#incoming;
    return {
      path: stored.path,
      sizeBytes: stored.sizeBytes,
      sopInstanceUid,
      sopClassUid,
      transferSyntaxUid,
      studyInstanceUid: facts.studyInstanceUid,
      seriesInstanceUid: facts.seriesInstanceUid,
      modality: facts.modality,
      callingAeTitle: association.callingAeTitle,
      calledAeTitle: association.calledAeTitle,
      associationId: association.id,
      receivedAt: Date.now(),
    };
  }

  /** Compares with what is held under the same UID, as often as the ledger asks: it may be another by then. */
  async #record(instance: NewInstance): Promise<RecordOutcome> {
    const { ledger, storage, overwriteSameInstance, crashPoint } = this.#options;
    let comparison: Comparison | undefined;
    for (;;) {
      const recording = await ledger.record(instance, { overwriteSameInstance, ...(comparison === undefined ? {} : { comparison }) });
      if (recording.outcome !== 'compare') {
        crashPoint?.('recorded');
        return recording.outcome;
      }
      const { sequence, path } = recording;
      const earlier = await digestOrLost(storage.resolve(path));
      if (earlier === null) await ledger.lost(path);
      else comparison = { sequence, earlier, newer: comparison?.newer ?? (await datasetDigest(storage.resolve(instance.path))) };
    }
  }
}

/** null where the file is gone: then it cannot stand for its bytes. */
async function digestOrLost(file: string): Promise<string | null> {
  try {
    return await datasetDigest(file);
  } catch (error) {
    const cause: unknown = error instanceof GantryError ? error.cause : error;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw error;
  }
}

/** PS3.4 Table B.2-1: A900 where the dataset is of another SOP Class or Instance than the command says, C000 where it says neither. */
function disagreement(facts: DatasetFacts, incoming: IncomingInstance): StoreStatus | null {
  if (facts.sopInstanceUid === null || facts.sopClassUid === null)
    return storeStatus.cannotUnderstand('dataset has no SOP Class or Instance UID');
  if (facts.sopClassUid !== incoming.sopClassUid) return storeStatus.mismatch('SOP Class UID differs from the command');
  if (facts.sopInstanceUid !== incoming.sopInstanceUid) return storeStatus.mismatch('SOP Instance UID differs from the command');
  return null;
}

/** The ledger's thread ended before it said: it may have committed, and a row must not lose its file. Where it has none, the sweep deletes the file. */
const mayBeRecorded = (error: unknown): boolean => error instanceof GantryError && error.code === 'GY415';

function failure(error: unknown, log: Log): StoreStatus {
  const message = error instanceof Error ? error.message : String(error);
  log.error('an instance was not taken', { error: message });
  if (error instanceof GantryError && error.code.startsWith('GY3')) return storeStatus.cannotUnderstand('dataset cannot be read');
  if (error instanceof GantryError && noSpaceCodes.has(error.code)) return storeStatus.outOfResources('no space left');
  return storeStatus.processingFailure('not stored');
}

const noSpaceCodes: ReadonlySet<string> = new Set(['GY401']);
