import { Buffer } from 'node:buffer';

/** A C-STORE that a stream holds from its first byte to its last. */
export interface CompleteStore {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly data: Buffer;
}

/** A stream cut at its PDUs as far as they are whole; what is left over is the last part. */
export function cutPdus(stream: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let offset = 0;
  while (offset + 6 <= stream.length) {
    const end = offset + 6 + stream.readUInt32BE(offset + 2);
    if (end > stream.length) break;
    parts.push(stream.subarray(offset, end));
    offset = end;
  }
  if (offset < stream.length) parts.push(stream.subarray(offset));
  return parts;
}

function uid(commandSet: Buffer, element: number): string {
  let found = '';
  for (let offset = 0; offset + 8 <= commandSet.length; ) {
    const end = offset + 8 + commandSet.readUInt32LE(offset + 4);
    if (commandSet.readUInt16LE(offset + 2) === element) found = commandSet.toString('latin1', offset + 8, end).replace(/[\0 ]+$/, '');
    offset = end;
  }
  return found;
}

/**
 * Every C-STORE of which a stream holds all, by a reading of its own that judges nothing: no association, context, limit or order of
 * PDUs. Whatever a receiver may rightly store is among them, byte by byte.
 */
export function completeStores(stream: Buffer): CompleteStore[] {
  const stores: CompleteStore[] = [];
  let command: Buffer[] = [];
  let data: Buffer[] | null = null;
  for (const pdu of cutPdus(stream)) {
    // PDVs that are whole count in a PDU that is not, too.
    if (pdu.length < 6 || pdu[0] !== 0x04) continue;
    for (let offset = 6; offset + 6 <= pdu.length; ) {
      const end = offset + 4 + pdu.readUInt32BE(offset);
      const control = pdu.readUInt8(offset + 5);
      if (end < offset + 6 || end > pdu.length) return stores;
      const fragment = pdu.subarray(offset + 6, end);
      const last = (control & 0b10) !== 0;
      if ((control & 0b01) !== 0) {
        // The message before had no dataset, or is broken off.
        if (data !== null) command = [];
        data = null;
        command.push(fragment);
        if (last) data = [];
      } else if (data !== null) {
        data.push(fragment);
        if (last) {
          const commandSet = Buffer.concat(command);
          stores.push({ sopClassUid: uid(commandSet, 0x0002), sopInstanceUid: uid(commandSet, 0x1000), data: Buffer.concat(data) });
          command = [];
          data = null;
        }
      }
      offset = end;
    }
  }
  return stores;
}
