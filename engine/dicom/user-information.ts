import type { Buffer } from 'node:buffer';
import { type Item, itemType, readItems } from './associate-items.ts';
import { printable } from './printable.ts';

/** What a requestor says of itself beside its presentation contexts (PS3.7 §D.3.3). */
export interface UserInformation {
  /** Empty where it names none. */
  readonly implementation: { readonly classUid: string; readonly versionName: string };
  /** Asynchronous operations window: proposed, and so to be answered (PS3.7 §D.3.3.3). */
  readonly proposesWindow: boolean;
  /** What the library reads, and reads rightly: maximum length and roles. */
  readonly items: readonly Item[];
}

/**
 * Reads the value of the user information item; null where an item's lengths do not fit. Items of other types are skipped (PS3.8 §9.3.1).
 *
 * SOP Class extended and common extended negotiation are offers that an acceptor need not take up (PS3.7 §D.3.3.5, §D.3.3.6). So is user
 * identity (PS3.7 §D.3.3.7): an acceptor without support answers nothing, and a credential gets no further than this function.
 */
export function readUserInformation(value: Buffer): UserInformation | null {
  const items = readItems(value);
  if (items === null || !items.every(isWellFormed)) return null;
  const text = (type: number, length: number): string => printable(items.find((item) => item.type === type)?.value, length);
  return {
    implementation: { classUid: text(itemType.implementationClassUid, 64), versionName: text(itemType.implementationVersionName, 16) },
    proposesWindow: items.some(({ type }) => type === itemType.asynchronousOperationsWindow),
    items: items.filter(({ type }) => type === itemType.maximumLength || type === itemType.roleSelection),
  };
}

/** Whether the lengths inside an item fit it: PS3.8 Table D.1-1, PS3.7 Tables D.3-7 to D.3-14. */
function isWellFormed({ type, value }: Item): boolean {
  switch (type) {
    case itemType.maximumLength:
    case itemType.asynchronousOperationsWindow:
      return value.length === 4;
    case itemType.roleSelection:
      // The SCU's and the SCP's role follow the SOP Class.
      return endOfFields(value, 0, 1) === value.length - 2;
    case itemType.sopClassExtendedNegotiation:
      return endOfFields(value, 0, 1) !== null;
    case itemType.sopClassCommonExtendedNegotiation:
      return isCommonExtendedNegotiation(value);
    case itemType.userIdentity:
      // Type and whether a response is wanted; then the primary and the secondary field.
      return endOfFields(value, 2, 2) === value.length;
    default:
      return true;
  }
}

/** SOP Class, service class, and general SOP Classes that are related: a field of fields. */
function isCommonExtendedNegotiation(value: Buffer): boolean {
  const related = endOfFields(value, 0, 2);
  const end = related === null ? null : endOfFields(value, related, 1);
  if (related === null || end === null) return false;
  for (let offset: number | null = related + 2; offset !== end; offset = endOfFields(value, offset, 1))
    if (offset === null || offset > end) return false;
  return true;
}

/** Where `count` fields, each a length of two bytes and a value, end; null where that is beyond the end. */
function endOfFields(value: Buffer, start: number, count: number): number | null {
  let offset = start;
  for (let index = 0; index < count; index += 1) {
    if (offset + 2 > value.length) return null;
    offset += 2 + value.readUInt16BE(offset);
    if (offset > value.length) return null;
  }
  return offset;
}
