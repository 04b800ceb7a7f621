/**
 * Text from outside, made fit for a line that people read: whatever is not printable ASCII becomes `?` (AE titles, UIDs
 * and codes are ASCII by PS3.5 §6.2, so only what is malformed changes), and it is cut to `max` characters.
 */
export function printable(text: string, max = 200): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  return clean.length <= max ? clean : `${clean.slice(0, max - 1)}~`;
}
