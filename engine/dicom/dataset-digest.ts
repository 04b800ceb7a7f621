import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { fileSource } from './byte-source.ts';
import { HeadWindow } from './head-window.ts';
import { readMetaHeader } from './meta-header.ts';
import { withReadableFile } from './readable-file.ts';

const largestRead = 1_048_576;

/**
 * SHA-256 of a Part 10 file's dataset, lower-case hex: all after the meta header, which says who sent it and may differ.
 * Throws GY303, GY341, GY344.
 */
export function datasetDigest(path: string): Promise<string> {
  return withReadableFile(path, async (handle) => {
    const { datasetOffset } = await readMetaHeader(new HeadWindow(path, fileSource(handle, path)));
    const { size } = await handle.stat();
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(largestRead, Math.max(1, size - datasetOffset)));
    for (let position = datasetOffset; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  });
}
