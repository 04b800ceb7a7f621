import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';
import { GantryError } from '../errors/index.ts';
import { malformedDicom } from './malformed.ts';

/** Bytes by position. */
export interface ByteSource {
  /** Up to `length` bytes, fewer only at the end. Positions never descend. Throws GY341 where `position` lies beyond the end. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** An open file as a source; its handle stays the caller's to close. */
export function fileSource(handle: FileHandle, path: string): ByteSource {
  return {
    async read(position, length) {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled === 0 && position > (await handle.stat()).size) throw malformedDicom(path, 'it ends inside an element');
      return buffer.subarray(0, filled);
    },
    close: () => Promise.resolve(),
  };
}

/** What is asked for lies behind the bytes that are in memory. */
export class BeyondHead extends Error {}

/** Bytes in memory as a source: all there are, or only the first ones, and then BeyondHead is thrown for those behind. */
export function memorySource(path: string, head: Buffer, complete: boolean): ByteSource {
  return {
    async read(position, length) {
      if (!complete && position + length > head.length) throw new BeyondHead();
      if (position > head.length) throw malformedDicom(path, 'it ends inside an element');
      return head.subarray(position, position + length);
    },
    close: () => Promise.resolve(),
  };
}

/**
 * A dataset in Deflated Explicit VR Little Endian (PS3.5 §A.5), inflated only as far as it is read, forwards: what lies before the last
 * `position` is gone. Throws GY342 beyond `limitBytes`, since a kilobyte can inflate to gigabytes.
 */
export function inflatingSource(path: string, start: number, limitBytes: number): ByteSource {
  const file = createReadStream(path, { start });
  const inflate = createInflateRaw({ chunkSize: 65_536 });
  file.on('error', (error) => inflate.destroy(error));
  file.pipe(inflate);
  const chunks = inflate[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let kept = Buffer.alloc(0);
  let keptFrom = 0;
  let ended = false;

  async function inflateMore(): Promise<Buffer> {
    try {
      const { done, value } = await chunks.next();
      ended = done === true;
      return ended ? Buffer.alloc(0) : value;
    } catch (error) {
      throw malformedDicom(path, 'its deflated dataset cannot be inflated', error);
    }
  }

  return {
    async read(position, length) {
      while (!ended && keptFrom + kept.length < position + length) {
        if (keptFrom + kept.length > limitBytes) {
          throw new GantryError('GY342', 'the attributes lie too far into the file', { place: { file: path } });
        }
        const unread = kept.subarray(Math.min(kept.length, position - keptFrom));
        keptFrom += kept.length - unread.length;
        kept = Buffer.concat([unread, await inflateMore()]);
      }
      if (position > keptFrom + kept.length) throw malformedDicom(path, 'it ends inside an element');
      return kept.subarray(position - keptFrom, position - keptFrom + length);
    },
    async close() {
      file.destroy();
      inflate.destroy();
      // The iterator holds the stream's end: leaving it open would surface as an unhandled rejection.
      await chunks.return?.().catch(() => undefined);
    },
  };
}
