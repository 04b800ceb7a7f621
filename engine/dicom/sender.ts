import { GantryError } from '../errors/index.ts';
import { fileSource } from './byte-source.ts';
import { datasetFragments } from './dataset-fragments.ts';
import { isDeflated } from './deflated.ts';
import { echoRequest, storeRequest } from './dimse-request.ts';
import { HeadWindow } from './head-window.ts';
import { readMetaHeader } from './meta-header.ts';
import { AssociationEnded, OutboundAssociation } from './outbound-association.ts';
import { withReadableFile } from './readable-file.ts';
import { contextOf, planBatches, type SendBatch } from './send-plan.ts';
import type { Echo, OutgoingFile, Peer, SendFiles, SendOptions, SendResult } from './sender-contract.ts';
import { verificationSopClassUid } from './sop-classes.ts';
import { describeStatus, storeOutcome } from './store-response.ts';

const implicitVrLittleEndian = '1.2.840.10008.1.2';
const defaultConnectTimeoutMs = 10_000;
const defaultResponseTimeoutMs = 60_000;

type Outcome = Omit<SendResult, 'sopInstanceUid'>;
type Settle = (index: number, outcome: Outcome) => void;
/** How an association served its batch; a peer that stopped answering is not worth another one. */
type Served = 'served' | 'ended' | 'silent';

/**
 * Sends files by C-STORE, byte for byte, in the transfer syntax each of them is in; several associations at once where asked for.
 * Throws GY330 to GY333 where not one association was accepted, GY336 where an AE title is none.
 */
export const sendFiles: SendFiles = async (peer, files, options) => {
  checkAeTitles(options.callingAeTitle, peer.aeTitle);
  const associations = Math.max(1, options.associations ?? 1);
  const results: SendResult[] = new Array(files.length);
  const settle: Settle = (index, outcome) => {
    const result = { sopInstanceUid: files[index]?.sopInstanceUid ?? '', ...outcome };
    results[index] = result;
    options.onResult?.(result);
  };

  const queue = [...planBatches(files, associations)];
  let accepted = false;
  let silent = false;
  let failure: GantryError | undefined;
  const work = async (): Promise<void> => {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      try {
        const association = await openAssociation(peer, batch.contexts, options);
        accepted = true;
        if ((await serve(association, batch, settle)) === 'silent') silent = true;
        if (silent) return;
      } catch (error) {
        if (!(error instanceof GantryError)) throw error;
        failure ??= error;
        // Another association may still take it: peers limit how many they accept at once.
        queue.unshift(batch);
        return;
      }
    }
  };
  let before: number;
  do {
    before = queue.length;
    await Promise.all(Array.from({ length: Math.min(associations, before) }, work));
  } while (queue.length > 0 && queue.length < before && !silent);

  if (!accepted && failure !== undefined && failure.code !== 'GY335') throw failure;
  const detail = silent ? 'the peer had stopped answering' : (failure?.message ?? 'not sent');
  for (const { index } of queue.flatMap((batch) => batch.files)) settle(index, { outcome: 'unsent', status: null, detail });
  return results;
};

/**
 * Asks a peer whether it is there (C-ECHO). `milliseconds` covers connecting, negotiation and the answer.
 * Throws GY330 to GY333 where no association was accepted, GY334 where it was but verification fails, GY335 when cancelled, GY336.
 */
export const echo: Echo = async (peer, options) => {
  checkAeTitles(options.callingAeTitle, peer.aeTitle);
  const started = performance.now();
  const context = { abstractSyntaxUid: verificationSopClassUid, transferSyntaxUid: implicitVrLittleEndian };
  const association = await openAssociation(peer, [context], options);
  try {
    const answer = association.answerTo(context);
    if ('refused' in answer) throw new GantryError('GY334', `C-ECHO failed: ${answer.refused}`);
    const response = await association.exchange(answer.id, echoRequest(1, verificationSopClassUid), null);
    if (response.status !== 0) throw new GantryError('GY334', `C-ECHO failed: ${describeStatus(response.status, response.comment)}`);
    return { milliseconds: performance.now() - started };
  } catch (error) {
    if (!(error instanceof AssociationEnded)) throw error;
    throw new GantryError(error.how === 'cancelled' ? 'GY335' : 'GY334', `C-ECHO failed: ${error.message}`, { cause: error });
  } finally {
    await association.release();
  }
};

function openAssociation(
  peer: Peer,
  contexts: SendBatch['contexts'],
  options: Pick<SendOptions, 'callingAeTitle' | 'connectTimeoutMs' | 'responseTimeoutMs' | 'signal'>,
): Promise<OutboundAssociation> {
  return OutboundAssociation.open({
    peer,
    callingAeTitle: options.callingAeTitle,
    contexts,
    connectTimeoutMs: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    responseTimeoutMs: options.responseTimeoutMs ?? defaultResponseTimeoutMs,
    signal: options.signal,
  });
}

async function serve(association: OutboundAssociation, batch: SendBatch, settle: Settle): Promise<Served> {
  let ended: AssociationEnded | undefined;
  try {
    for (const [at, { index, file }] of batch.files.entries()) {
      const outcome = ended === undefined ? await sendOne(association, file, at + 1) : ended;
      if (outcome instanceof AssociationEnded) {
        ended = outcome;
        settle(index, { outcome: 'unsent', status: null, detail: ended.message });
      } else {
        settle(index, outcome);
      }
    }
  } finally {
    await association.release();
  }
  if (ended === undefined) return 'served';
  return ended.how === 'timeout' ? 'silent' : 'ended';
}

async function sendOne(association: OutboundAssociation, file: OutgoingFile, messageId: number): Promise<Outcome | AssociationEnded> {
  const answer = association.answerTo(contextOf(file));
  if ('refused' in answer) return refused(answer.refused);
  try {
    return await withReadableFile(file.path, async (handle) => {
      const { transferSyntaxUid, datasetOffset } = await readMetaHeader(new HeadWindow(file.path, fileSource(handle, file.path)));
      // The peer would read the bytes by the syntax that it accepted, and answer Success.
      if (transferSyntaxUid !== file.transferSyntaxUid) {
        return refused(`the file is in transfer syntax ${transferSyntaxUid}, not ${file.transferSyntaxUid}`);
      }
      const { size } = await handle.stat();
      // No fragment may be odd (PS3.8 §E.1), and dcmtk aborts the association over one. A deflated dataset can be filled up.
      if ((size - datasetOffset) % 2 === 1 && !isDeflated(transferSyntaxUid)) return refused('its dataset has an odd number of bytes');
      const fragments = datasetFragments(handle, datasetOffset, size, answer.id, association.maxPduLength);
      const request = storeRequest(messageId, file.sopClassUid, file.sopInstanceUid);
      try {
        return storeOutcome(await association.exchange(answer.id, request, fragments));
      } catch (error) {
        if (error instanceof AssociationEnded) return error;
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof GantryError) return refused(error.message);
    throw error;
  }
}

function refused(detail: string): Outcome {
  return { outcome: 'refused', status: null, detail };
}

/** AE: up to 16 characters of the default repertoire, not only spaces (PS3.5 §6.2). A longer one would shift the whole request. */
function checkAeTitles(...aeTitles: readonly string[]): void {
  for (const aeTitle of aeTitles) {
    if (/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(aeTitle) && aeTitle.trim() !== '') continue;
    throw new GantryError('GY336', `${JSON.stringify(aeTitle.slice(0, 64))} is not an AE title`);
  }
}
