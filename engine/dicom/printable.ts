import type { Buffer } from 'node:buffer';

/** A peer's words go to records, logs and results: trimmed of padding, nothing but printable ASCII, and no longer than the Standard allows. */
export function printable(value: Buffer | string | undefined, maxLength: number): string {
  const text = typeof value === 'string' ? value : (value?.toString('latin1') ?? '');
  return text
    .replace(/\0/g, ' ')
    .trim()
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, maxLength);
}
