import { Buffer } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { GantryError } from '../errors/index.ts';
import { pduType } from './pdu.ts';

/** PDU header, PDV length, context id and message control header: PS3.8 §9.3.5. */
const headerLength = 12;
const pdvOverhead = 6;
/** Bytes that are read, framed and handed to the socket at once. */
const blockBytes = 262_144;
const lastOfDataset = 0b10;

/**
 * A file's dataset as it is, in P-DATA-TF PDUs of one PDV each: blocks of buffers to write one after the other. Fragments are as long as
 * the peer's maximum PDU length allows (0: any), and even (PS3.8 §E.1): a NUL fills up a dataset that is not, which only a deflated one
 * may be (PS3.5 §A.5). Throws GY344 where the file gets shorter meanwhile.
 */
export async function* datasetFragments(
  file: FileHandle,
  start: number,
  end: number,
  contextId: number,
  maxPduLength: number,
): AsyncGenerator<Buffer[]> {
  const longest = (maxPduLength === 0 ? blockBytes : Math.min(maxPduLength - pdvOverhead, blockBytes)) & ~1;
  const perBlock = Math.floor(blockBytes / longest);
  let position = start;
  do {
    const length = Math.min(longest * perBlock, end - position);
    const block = await readExactly(file, position, length);
    position += length;
    yield frame(block, longest, contextId, position >= end);
  } while (position < end);
}

/** That many bytes, and a NUL behind them where their number is odd. */
async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(length + (length % 2)).fill(0, length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(block, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new GantryError('GY344', 'the file became shorter while it was sent');
    filled += bytesRead;
  }
  return block;
}

function frame(block: Buffer, longest: number, contextId: number, endsDataset: boolean): Buffer[] {
  const count = Math.max(1, Math.ceil(block.length / longest));
  const headers = Buffer.alloc(count * headerLength);
  const framed: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const fragment = block.subarray(index * longest, (index + 1) * longest);
    const header = headers.subarray(index * headerLength, (index + 1) * headerLength);
    header[0] = pduType.data;
    header.writeUInt32BE(fragment.length + pdvOverhead, 2);
    header.writeUInt32BE(fragment.length + 2, 6);
    header[10] = contextId;
    header[11] = endsDataset && index === count - 1 ? lastOfDataset : 0;
    framed.push(header, fragment);
  }
  return framed;
}
