export { createFolderStorage } from './folder-storage.ts';
export type { Storage, StorageCrashPoint, StorageWriter } from './storage.ts';
