import { Buffer } from 'node:buffer';

/** PS3.8 §9.3.1: PDU types. */
export const pduType = {
  associateRequest: 0x01,
  associateAccept: 0x02,
  associateReject: 0x03,
  data: 0x04,
  releaseRequest: 0x05,
  releaseResponse: 0x06,
  abort: 0x07,
} as const;

export function isPduType(type: number): boolean {
  return type >= pduType.associateRequest && type <= pduType.abort;
}

/** PS3.8 Table 9-26: why a service-provider aborts. */
export const abortReason = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unrecognizedParameter: 4,
  unexpectedParameter: 5,
  invalidParameterValue: 6,
} as const;

export type AbortReason = (typeof abortReason)[keyof typeof abortReason];

/** A-ABORT (PS3.8 §9.3.8). The library's own needs an association first; garbage can come before one. */
export function abortPdu(source: 'service-user' | 'service-provider', reason: AbortReason): Buffer {
  return Buffer.from([pduType.abort, 0, 0, 0, 0, 4, 0, 0, source === 'service-user' ? 0 : 2, reason]);
}

/** PDV length, context id and message control header. */
const pdvOverhead = 6;

/** Below it not a single byte of data fits. */
export const smallestMaxPduLength = pdvOverhead + 1;

/**
 * P-DATA-TF PDUs (PS3.8 §9.3.5) with a command set, in fragments that the peer's maximum length allows (0: any).
 * `maxPduLength` bounds what follows the PDU header (PS3.8 §D.1), so a fragment has six bytes less.
 */
export function commandPdus(contextId: number, commandSet: Buffer, maxPduLength: number): Buffer {
  const fragmentLength = maxPduLength === 0 ? commandSet.length : maxPduLength - pdvOverhead;
  const parts: Buffer[] = [];
  for (let start = 0; start < commandSet.length; start += fragmentLength) {
    const fragment = commandSet.subarray(start, start + fragmentLength);
    const last = start + fragmentLength >= commandSet.length;
    const head = Buffer.alloc(12);
    head[0] = pduType.data;
    head.writeUInt32BE(fragment.length + pdvOverhead, 2);
    head.writeUInt32BE(fragment.length + 2, 6);
    head[10] = contextId;
    head[11] = last ? 0b11 : 0b01;
    parts.push(head, fragment);
  }
  return Buffer.concat(parts);
}
