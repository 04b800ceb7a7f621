import { join } from 'node:path';

/** Where things are in a data folder. */
export const ledgerFile = (data: string): string => join(data, 'ledger.db');
export const instancesFolder = (data: string): string => join(data, 'instances');
