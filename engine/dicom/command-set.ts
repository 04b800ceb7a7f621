import { Buffer } from 'node:buffer';
import { abortReason } from './pdu.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { StoreStatus } from './receiver-contract.ts';
import { isValidUid } from './uid.ts';

/** PS3.7 §E.1: (0000,0100). A response has bit 15 set. */
export const commandField = { store: 0x0001, echo: 0x0030, cancel: 0x0fff, response: 0x8000 } as const;

/** (0000,0800) of a message without dataset. */
const noDataset = 0x0101;

/** What is read of a request's command set (PS3.7 §6.3.1, §9.3, §10.3). UIDs are trimmed of padding and otherwise as sent; absent ones are empty. */
export interface CommandSet {
  readonly commandField: number;
  readonly messageId: number;
  readonly hasDataset: boolean;
  /** Affected, or for most DIMSE-N requests Requested, SOP Class and Instance. */
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** Values of group 0000, Implicit VR Little Endian, by element number. Throws ProtocolViolation for what cannot be followed. */
export function commandElements(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const values = new Map<number, Buffer>();
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 8 > bytes.length) throw broken('command set is cut off');
    if (bytes.readUInt16LE(offset) !== 0x0000) throw broken('command set has an element outside group 0000');
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    if (end > bytes.length) throw broken('command set is cut off');
    values.set(bytes.readUInt16LE(offset + 2), bytes.subarray(offset + 8, end));
    offset = end;
  }
  return values;
}

/** Parses a request's command set. Throws ProtocolViolation for what cannot be followed or has no command field or message id. */
export function parseCommandSet(bytes: Buffer): CommandSet {
  const values = commandElements(bytes);
  const number = (element: number): number | undefined => {
    const value = values.get(element);
    return value?.length === 2 ? value.readUInt16LE(0) : undefined;
  };
  const uid = (element: number): string =>
    values
      .get(element)
      ?.toString('latin1')
      .replace(/[\0 ]+$/, '') ?? '';
  const field = number(0x0100);
  // A C-CANCEL-RQ names the request to cancel, (0000,0120), and has no id of its own (PS3.7 Table 9.3-10).
  const messageId = number(field === commandField.cancel ? 0x0120 : 0x0110);
  if (field === undefined) throw broken('command set has no command field');
  if (messageId === undefined && (field & commandField.response) === 0) throw broken('command set has no message id');
  return {
    commandField: field,
    messageId: messageId ?? 0,
    hasDataset: (number(0x0800) ?? noDataset) !== noDataset,
    sopClassUid: uid(0x0002) || uid(0x0003),
    sopInstanceUid: uid(0x1000) || uid(0x1001),
  };
}

function broken(why: string): ProtocolViolation {
  return new ProtocolViolation(abortReason.invalidParameterValue, why);
}

/**
 * A response's command set, without dataset: its command field is the request's with bit 15 set. A UID of the request that is none is left
 * out, the comment is cut to the 64 characters of (0000,0902).
 */
export function encodeResponse(request: CommandSet, { status, comment }: StoreStatus): Buffer {
  const { sopClassUid, sopInstanceUid } = request;
  const elements = Buffer.concat([
    isValidUid(sopClassUid) ? textElement(0x0002, sopClassUid, '\0') : nothing,
    numberElement(0x0100, request.commandField | commandField.response),
    numberElement(0x0120, request.messageId),
    numberElement(0x0800, noDataset),
    numberElement(0x0900, status),
    comment === null ? nothing : textElement(0x0902, comment.slice(0, 64), ' '),
    isValidUid(sopInstanceUid) ? textElement(0x1000, sopInstanceUid, '\0') : nothing,
  ]);
  const groupLength = Buffer.alloc(4);
  groupLength.writeUInt32LE(elements.length);
  return Buffer.concat([implicitElement(0x0000, groupLength), elements]);
}

const nothing = Buffer.alloc(0);

function textElement(element: number, text: string, pad: string): Buffer {
  return implicitElement(element, Buffer.from(text.length % 2 === 0 ? text : text + pad, 'latin1'));
}

function numberElement(element: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return implicitElement(element, bytes);
}

function implicitElement(element: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(element, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}
