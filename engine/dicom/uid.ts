import { randomUUID } from 'node:crypto';

const maxUidLength = 64;

/**
 * Whether a UID can identify something: digits in components, at most 64 characters (PS3.5 §9.1). Padding must be trimmed before.
 *
 * One thing that the Standard forbids is tolerated: a leading zero in a component. Modalities make such UIDs, and refusing them would lose
 * studies; they are compared as written. Everything else (empty, longer, other characters) identifies nothing.
 */
export function isValidUid(uid: string): boolean {
  return uid.length <= maxUidLength && /^[0-9]+(\.[0-9]+)*$/.test(uid);
}

/** A new UUID-derived UID (PS3.5 §B.2), at most 44 characters. */
export function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}
