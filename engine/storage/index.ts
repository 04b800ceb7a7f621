export { BufferPool } from './buffer-pool.ts';
export { createFolderStorage } from './folder-storage.ts';
export type { Storage, StorageCrashPoint, StorageWriter } from './storage.ts';
