import type { StoreStatus } from './receiver-contract.ts';

/** Error Comment (0000,0902) is LO: 64 characters of the default repertoire, no backslash (PS3.5 §6.2). */
export function errorComment(text: string): string {
  return text.replace(/[^\x20-\x5b\x5d-\x7e]/g, '?').slice(0, 64);
}

const refusal =
  (status: number) =>
  (why: string): StoreStatus => ({ status, comment: errorComment(why) });

/** C-STORE statuses by name: PS3.4 Table B.2-1, and the general ones of PS3.7 Annex C. */
export const storeStatus = {
  success: (): StoreStatus => ({ status: 0x0000, comment: null }),
  /** A700 Refused: out of resources. Sending again later can help. */
  outOfResources: refusal(0xa700),
  /** A900 Error: dataset does not match its SOP Class (or the command). */
  mismatch: refusal(0xa900),
  /** C000 Error: cannot understand. */
  cannotUnderstand: refusal(0xc000),
  /** 0110 Failure: processing failure. */
  processingFailure: refusal(0x0110),
  /** 0117 Failure: invalid SOP Instance. */
  invalidInstance: refusal(0x0117),
  /** 0122 Refused: SOP Class not supported. */
  sopClassNotSupported: refusal(0x0122),
  /** 0211 Failure: unrecognized operation. */
  unrecognizedOperation: refusal(0x0211),
} as const;

/** PS3.4 Table B.2-1, PS3.7 Annex C; by status, or by its first digits. */
const meanings: Readonly<Record<string, string>> = {
  '0105': 'no such attribute',
  '0106': 'invalid attribute value',
  '0107': 'attribute list error',
  '0110': 'processing failure',
  '0111': 'duplicate SOP instance',
  '0112': 'no such SOP instance',
  '0115': 'invalid argument value',
  '0116': 'attribute value out of range',
  '0117': 'invalid SOP instance',
  '0118': 'no such SOP class',
  '0122': 'SOP class not supported',
  '0124': 'not authorized',
  '0210': 'duplicate invocation',
  '0211': 'unrecognized operation',
  '0212': 'mistyped argument',
  '0213': 'resource limitation',
  A7: 'out of resources',
  A9: 'dataset does not match SOP class',
  B000: 'coercion of data elements',
  B006: 'elements discarded',
  B007: 'dataset does not match SOP class',
  C: 'cannot understand',
};

/** null: no table has it. */
export function statusMeaning(status: number): string | null {
  const code = status.toString(16).toUpperCase().padStart(4, '0');
  return meanings[code] ?? meanings[code.slice(0, 2)] ?? meanings[code.slice(0, 1)] ?? null;
}

/** Whether the SCP has the instance: success, or a warning of the Bxxx class (PS3.7 §C.3). */
export function isStoredStatus(status: number): boolean {
  return status === 0x0000 || (status & 0xf000) === 0xb000;
}
