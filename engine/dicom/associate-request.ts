import type { Buffer } from 'node:buffer';
import type { Rejection } from './receiver-contract.ts';

const applicationContextName = '1.2.840.10008.3.1.1.1';
/** Odd ids from 1 to 255 (PS3.8 §9.3.2.2). */
const maxContexts = 128;
/** More than twice of what PS3.6 knows; the library's list of them is searched linearly. */
const maxTransferSyntaxes = 128;
const fixedLength = 74;

const itemType = { applicationContext: 0x10, presentationContext: 0x20, transferSyntax: 0x40 } as const;

export type AssociateRequestCheck =
  | { readonly verdict: 'sound' }
  | { readonly verdict: 'rejected'; readonly rejection: Rejection }
  | { readonly verdict: 'malformed'; readonly why: string };

/**
 * What the library does not look at when it reads an A-ASSOCIATE-RQ (PS3.8 §9.3.2): protocol version, application context name, characters
 * of AE titles (PS3.5 §6.2), and whether items lie inside one another and stay within reasonable numbers. `pdu` includes its header.
 */
export function checkAssociateRequest(pdu: Buffer): AssociateRequestCheck {
  if (pdu.length < fixedLength) return { verdict: 'malformed', why: 'A-ASSOCIATE-RQ is cut off' };
  if ((pdu.readUInt16BE(6) & 1) === 0) return rejected(2, 2, 'protocol version is not supported');
  const items = readItems(pdu.subarray(fixedLength));
  if (items === null) return { verdict: 'malformed', why: 'items of the A-ASSOCIATE-RQ do not fit' };
  const named = items.find(({ type }) => type === itemType.applicationContext);
  if (named?.value.toString('latin1').replace(/[\0 ]+$/, '') !== applicationContextName)
    return rejected(1, 2, 'application context is not supported');
  // An AE title with control characters or a backslash is none; it must not get any further.
  if (!isAeTitle(pdu.subarray(26, 42))) return rejected(1, 3, 'calling AE title is not valid');
  if (!isAeTitle(pdu.subarray(10, 26))) return rejected(1, 7, 'called AE title is not valid');

  const contexts = items.filter(({ type }) => type === itemType.presentationContext);
  if (contexts.length === 0) return { verdict: 'malformed', why: 'no presentation context is proposed' };
  if (contexts.length > maxContexts) return { verdict: 'malformed', why: `${contexts.length} presentation contexts are proposed` };
  for (const { value } of contexts) {
    const syntaxes = value.length < 4 ? null : readItems(value.subarray(4));
    if (syntaxes === null) return { verdict: 'malformed', why: 'items of a presentation context do not fit' };
    if (syntaxes.filter(({ type }) => type === itemType.transferSyntax).length > maxTransferSyntaxes)
      return { verdict: 'malformed', why: 'a presentation context proposes too many transfer syntaxes' };
  }
  return { verdict: 'sound' };
}

/** PS3.8 Table 9-21, result 1: rejected-permanent. */
function rejected(source: 1 | 2, reason: number, why: string): AssociateRequestCheck {
  return { verdict: 'rejected', rejection: { result: 1, source, reason, why } };
}

function isAeTitle(field: Buffer): boolean {
  return /^[\x20-\x5b\x5d-\x7e]*\0*$/.test(field.toString('latin1')) && field.some((byte) => byte !== 0x20 && byte !== 0);
}

interface Item {
  readonly type: number;
  readonly value: Buffer;
}

/** Items are a type, a reserved byte, a length and a value; null where one reaches beyond the end. */
function readItems(bytes: Buffer): Item[] | null {
  const items: Item[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return null;
    const end = offset + 4 + bytes.readUInt16BE(offset + 2);
    if (end > bytes.length) return null;
    items.push({ type: bytes.readUInt8(offset), value: bytes.subarray(offset + 4, end) });
    offset = end;
  }
  return items;
}
