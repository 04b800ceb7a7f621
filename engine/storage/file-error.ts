import { type ErrorCode, GantryError } from '../errors/index.ts';

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'GY401',
  EDQUOT: 'GY401',
  EROFS: 'GY402',
  EACCES: 'GY402',
  EPERM: 'GY402',
};

const words: Readonly<Partial<Record<ErrorCode, string>>> = { GY401: 'no space left', GY402: 'not allowed' };

/** An error of the file system as one of ours: GY401 no space, GY402 not allowed, GY403 everything else. */
export function fileError(doing: string, error: unknown): GantryError {
  if (error instanceof GantryError) return error;
  const errno = errnoOf(error);
  const code = codes[errno] ?? 'GY403';
  return new GantryError(code, `${doing}: ${words[code] ?? 'I/O error'} (${errno})`, { cause: error });
}

/** `ENOSPC`, `ENOENT`, …; the message where there is none. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
