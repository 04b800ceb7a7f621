import type { Buffer } from 'node:buffer';
import { associateFixedLength, encodeItems, itemType, readItems, withItems } from './associate-items.ts';
import { printable } from './printable.ts';
import type { AssociationProposal, Rejection } from './receiver-contract.ts';
import { readUserInformation, type UserInformation } from './user-information.ts';

const applicationContextName = '1.2.840.10008.3.1.1.1';
/** Odd ids from 1 to 255 (PS3.8 §9.3.2.2). */
const maxContexts = 128;
/** More than twice of what PS3.6 knows; the library's list of them is searched linearly. */
const maxTransferSyntaxes = 128;

export type AssociateRequestCheck =
  | {
      readonly verdict: 'sound';
      /** The request with nothing in it that the library does not read rightly: it loses its place at an item it does not know. */
      readonly readable: Buffer;
      readonly user: UserInformation;
    }
  | {
      readonly verdict: 'rejected';
      readonly rejection: Rejection;
      /** As far as they can be told. */
      readonly titles: Pick<AssociationProposal, 'callingAeTitle' | 'calledAeTitle'>;
    }
  | { readonly verdict: 'malformed'; readonly why: string };

/**
 * What the library does not look at when it reads an A-ASSOCIATE-RQ (PS3.8 §9.3.2): protocol version, application context name, characters
 * of AE titles (PS3.5 §6.2), and whether items lie inside one another and stay within reasonable numbers. `pdu` includes its header.
 */
export function checkAssociateRequest(pdu: Buffer): AssociateRequestCheck {
  if (pdu.length < associateFixedLength) return malformed('A-ASSOCIATE-RQ is cut off');
  // An AE title with control characters or a backslash is none; it must not get any further.
  const [called, calling] = [pdu.subarray(10, 26), pdu.subarray(26, 42)];
  const titles = { callingAeTitle: printable(calling, 16), calledAeTitle: printable(called, 16) };
  const rejected = (source: 1 | 2, reason: number, why: string): AssociateRequestCheck => ({
    verdict: 'rejected',
    // PS3.8 Table 9-21, result 1: rejected-permanent.
    rejection: { result: 1, source, reason, why },
    titles,
  });
  if ((pdu.readUInt16BE(6) & 1) === 0) return rejected(2, 2, 'protocol version is not supported');
  const items = readItems(pdu.subarray(associateFixedLength));
  if (items === null) return malformed('items of the A-ASSOCIATE-RQ do not fit');
  const named = items.find(({ type }) => type === itemType.applicationContext);
  if (named?.value.toString('latin1').replace(/[\0 ]+$/, '') !== applicationContextName)
    return rejected(1, 2, 'application context is not supported');
  if (!isAeTitle(calling)) return rejected(1, 3, 'calling AE title is not valid');
  if (!isAeTitle(called)) return rejected(1, 7, 'called AE title is not valid');

  const contexts = items.filter(({ type }) => type === itemType.presentationContext);
  if (contexts.length === 0) return malformed('no presentation context is proposed');
  if (contexts.length > maxContexts) return malformed(`${contexts.length} presentation contexts are proposed`);
  for (const { value } of contexts) {
    const syntaxes = value.length < 4 ? null : readItems(value.subarray(4));
    if (syntaxes === null) return malformed('items of a presentation context do not fit');
    if (syntaxes.filter(({ type }) => type === itemType.abstractSyntax).length !== 1)
      return malformed('a presentation context proposes not exactly one abstract syntax');
    if (syntaxes.filter(({ type }) => type === itemType.transferSyntax).length > maxTransferSyntaxes)
      return malformed('a presentation context proposes too many transfer syntaxes');
  }

  const information = items.filter(({ type }) => type === itemType.userInformation);
  if (information.length !== 1) return malformed('there is not exactly one user information item');
  const user = readUserInformation((information[0] as (typeof information)[0]).value);
  if (user === null) return malformed('items of the user information do not fit');
  const userItem = { type: itemType.userInformation, value: encodeItems(user.items) };
  return { verdict: 'sound', readable: withItems(pdu, [named, ...contexts, userItem]), user };
}

function malformed(why: string): AssociateRequestCheck {
  return { verdict: 'malformed', why };
}

function isAeTitle(field: Buffer): boolean {
  return /^[\x20-\x5b\x5d-\x7e]*\0*$/.test(field.toString('latin1')) && field.some((byte) => byte !== 0x20 && byte !== 0);
}
