export { createFolderStorage } from './folder-storage.ts';
export type { Storage, StorageWriter } from './storage.ts';
