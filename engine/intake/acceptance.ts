import type { IncomingInstance, InstanceSink, ReadFileFacts, StoreStatus } from '../dicom/index.ts';
import { part10Header, storeStatus } from '../dicom/index.ts';
import { GantryError } from '../errors/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { Storage, StorageWriter } from '../storage/index.ts';

export interface AcceptanceOptions {
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly readFileFacts: ReadFileFacts;
  readonly log: Log;
  readonly overwriteSameInstance: boolean;
  onRecorded(): void;
}

/** Takes one incoming instance into storage and the ledger. Its Success means: synced, renamed, committed (promise 1). */
export function accept(incoming: IncomingInstance, options: AcceptanceOptions): InstanceSink {
  const { association, sopClassUid, sopInstanceUid, transferSyntaxUid } = incoming;
  const header = part10Header({
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid,
    callingAeTitle: association.callingAeTitle,
    calledAeTitle: association.calledAeTitle,
  });
  const writer = options.storage.create(header);
  return {
    write: (chunk) => writer.write(chunk),
    drained: () => writer.drained(),
    discard: () => writer.discard(),
    finish: () => finish(incoming, writer, options),
  };
}

async function finish(incoming: IncomingInstance, writer: StorageWriter, options: AcceptanceOptions): Promise<StoreStatus> {
  const { storage, ledger, readFileFacts, log, overwriteSameInstance, onRecorded } = options;
  const { association, sopClassUid, sopInstanceUid, transferSyntaxUid } = incoming;
  let stored: { path: string; sizeBytes: number; sha256: string };
  try {
    stored = await writer.commit();
  } catch (error) {
    await writer.discard();
    return failure(error, log);
  }

  try {
    const facts = await readFileFacts(storage.resolve(stored.path));
    const mismatch = disagreement(facts, incoming);
    if (mismatch !== null) {
      await storage.delete(stored.path);
      return mismatch;
    }
    const { outcome } = await ledger.record(
      {
        ...stored,
        id: stored.path,
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
      },
      { overwriteSameInstance },
    );
    if (outcome === 'duplicate' || outcome === 'kept-first') await storage.delete(stored.path);
    onRecorded();
    return storeStatus.success();
  } catch (error) {
    await storage.delete(stored.path).catch(() => {});
    return failure(error, log);
  }
}

/** PS3.4 Table B.2-1: A900 where the dataset is of another SOP Class or Instance than the command says, C000 where it says neither. */
function disagreement(
  facts: { sopClassUid: string | null; sopInstanceUid: string | null },
  incoming: IncomingInstance,
): StoreStatus | null {
  if (facts.sopInstanceUid === null || facts.sopClassUid === null)
    return storeStatus.cannotUnderstand('dataset has no SOP Class or Instance UID');
  if (facts.sopClassUid !== incoming.sopClassUid) return storeStatus.mismatch('SOP Class UID differs from the command');
  if (facts.sopInstanceUid !== incoming.sopInstanceUid) return storeStatus.mismatch('SOP Instance UID differs from the command');
  return null;
}

function failure(error: unknown, log: Log): StoreStatus {
  const message = error instanceof Error ? error.message : String(error);
  log.error('an instance was not taken', { error: message });
  if (error instanceof GantryError && error.code.startsWith('GY3')) return storeStatus.cannotUnderstand('dataset cannot be read');
  if (error instanceof GantryError && noSpaceCodes.has(error.code)) return storeStatus.outOfResources('no space left');
  return storeStatus.processingFailure('not stored');
}

const noSpaceCodes: ReadonlySet<string> = new Set(['GY401']);
