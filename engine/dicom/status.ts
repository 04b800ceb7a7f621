import type { StoreStatus } from './receiver-contract.ts';

/** Error Comment (0000,0902) is LO: 64 characters of the default repertoire, no backslash (PS3.5 §6.2). */
function errorComment(text: string): string {
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

/** Whether the SCP has the instance: success, or a warning of the Bxxx class (PS3.7 §C.3). */
export function isStoredStatus(status: number): boolean {
  return status === 0x0000 || (status & 0xf000) === 0xb000;
}
