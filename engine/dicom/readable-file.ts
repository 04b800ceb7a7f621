import { type FileHandle, open } from 'node:fs/promises';
import { GantryError } from '../errors/index.ts';

/** Opens a file, hands it over, and closes it whatever happens. What the system refuses becomes GY344. */
export async function withReadableFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    return await use(handle);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    throw new GantryError('GY344', `the file could not be read: ${String(error.code)}`, { place: { file: path }, cause: error });
  } finally {
    await handle?.close();
  }
}
