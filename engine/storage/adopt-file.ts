import { type FileHandle, open, stat } from 'node:fs/promises';
import { GantryError } from '../errors/index.ts';
import { errnoOf } from './file-error.ts';
import type { StorageWriter, StoredFile } from './storage.ts';

const chunkBytes = 1024 * 1024;

/**
 * Copies a Part 10 file into storage, byte for byte. A copy, not a link: whoever made the file may still hold it open.
 * Throws GY405 where the file is not to be had whole, GY401–GY403 where it cannot be stored.
 */
export async function adoptFile(file: string, create: (header: Buffer) => StorageWriter): Promise<StoredFile> {
  const source = await openSource(file);
  try {
    const writer = create(Buffer.alloc(0));
    try {
      await copyRest(file, source, writer);
      return await writer.commit();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  } finally {
    await source.close();
  }
}

async function openSource(file: string): Promise<FileHandle> {
  try {
    // Asked before it is opened: to open a pipe waits for its writer for ever.
    if (!(await stat(file)).isFile()) throw new GantryError('GY405', `${file} is not a regular file`);
    return await open(file, 'r');
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function copyRest(file: string, source: FileHandle, writer: StorageWriter): Promise<void> {
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    const bytes = await readInto(file, source, chunk);
    if (bytes > 0 && !writer.write(chunk.subarray(0, bytes))) await writer.drained();
    if (bytes < chunkBytes) return;
  }
}

/** Fills the buffer unless the file ends before. */
async function readInto(file: string, source: FileHandle, buffer: Buffer): Promise<number> {
  let filled = 0;
  try {
    while (filled < buffer.length) {
      const { bytesRead } = await source.read(buffer, filled, buffer.length - filled, null);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  return filled;
}

function unreadable(file: string, error: unknown): GantryError {
  if (error instanceof GantryError) return error;
  return new GantryError('GY405', `cannot read ${file} (${errnoOf(error)})`, { cause: error });
}
