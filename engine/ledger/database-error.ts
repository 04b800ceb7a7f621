import { type ErrorCode, GantryError } from '../errors/index.ts';

/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
const codes: Readonly<Record<number, ErrorCode>> = {
  3: 'GY413', // SQLITE_PERM
  8: 'GY413', // SQLITE_READONLY
  11: 'GY412', // SQLITE_CORRUPT
  13: 'GY401', // SQLITE_FULL
  14: 'GY413', // SQLITE_CANTOPEN
  23: 'GY413', // SQLITE_AUTH
  26: 'GY412', // SQLITE_NOTADB
};

/** An error of SQLite as one of ours: GY401 no space, GY412 damaged or something else, GY413 cannot be opened or written, GY414 everything else. */
export function databaseError(doing: string, error: unknown): GantryError {
  if (error instanceof GantryError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // Extended result codes carry the primary one in their lowest byte.
  const primary = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
  const code = (primary === undefined ? undefined : codes[primary]) ?? 'GY414';
  return new GantryError(code, `${doing}: ${message}`, { cause: error });
}
