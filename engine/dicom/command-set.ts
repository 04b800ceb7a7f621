import { Buffer } from 'node:buffer';
import { abortReason } from './pdu.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { StoreStatus } from './receiver-contract.ts';
import { errorComment, isStoredStatus, statusMeaning } from './status.ts';
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

/** Elements of group 0000, Implicit VR Little Endian: number, and where the value begins and ends. Throws ProtocolViolation for what cannot be followed. */
function eachElement(bytes: Buffer, visit: (element: number, start: number, end: number) => void): void {
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 8 > bytes.length) throw broken('command set is cut off');
    if (bytes.readUInt16LE(offset) !== 0x0000) throw broken('command set has an element outside group 0000');
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    if (end > bytes.length) throw broken('command set is cut off');
    visit(bytes.readUInt16LE(offset + 2), offset + 8, end);
    offset = end;
  }
}

/** Values of group 0000 by element number. Throws ProtocolViolation for what cannot be followed. */
export function commandElements(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const values = new Map<number, Buffer>();
  eachElement(bytes, (element, start, end) => values.set(element, bytes.subarray(start, end)));
  return values;
}

/** Parses a request's command set. Throws ProtocolViolation for what cannot be followed or has no command field or message id. */
export function parseCommandSet(bytes: Buffer): CommandSet {
  let field = -1;
  let messageId = -1;
  let cancelledId = -1;
  let datasetType = noDataset;
  const uids = { affectedClass: '', requestedClass: '', affectedInstance: '', requestedInstance: '' };
  eachElement(bytes, (element, start, end) => {
    const number = end - start === 2 ? bytes.readUInt16LE(start) : -1;
    switch (element) {
      case 0x0002:
        uids.affectedClass = uidAt(bytes, start, end);
        break;
      case 0x0003:
        uids.requestedClass = uidAt(bytes, start, end);
        break;
      case 0x0100:
        field = number;
        break;
      case 0x0110:
        messageId = number;
        break;
      case 0x0120:
        cancelledId = number;
        break;
      case 0x0800:
        datasetType = number === -1 ? noDataset : number;
        break;
      case 0x1000:
        uids.affectedInstance = uidAt(bytes, start, end);
        break;
      case 0x1001:
        uids.requestedInstance = uidAt(bytes, start, end);
        break;
    }
  });
  // A C-CANCEL-RQ names the request to cancel, (0000,0120), and has no id of its own (PS3.7 Table 9.3-10).
  if (field === commandField.cancel) messageId = cancelledId;
  if (field === -1) throw broken('command set has no command field');
  if (messageId === -1 && (field & commandField.response) === 0) throw broken('command set has no message id');
  return {
    commandField: field,
    messageId: Math.max(messageId, 0),
    hasDataset: datasetType !== noDataset,
    sopClassUid: uids.affectedClass || uids.requestedClass,
    sopInstanceUid: uids.affectedInstance || uids.requestedInstance,
  };
}

/** Trimmed of what UIDs are padded with, by the rule and in the field: NUL and space. */
function uidAt(bytes: Buffer, start: number, end: number): string {
  let last = end;
  while (last > start && (bytes[last - 1] === 0x00 || bytes[last - 1] === 0x20)) last -= 1;
  return bytes.toString('latin1', start, last);
}

function broken(why: string): ProtocolViolation {
  return new ProtocolViolation(abortReason.invalidParameterValue, why);
}

/**
 * A response's command set, without dataset: its command field is the request's with bit 15 set. A UID of the request that is none is left
 * out. A failure without a comment gets the words that the Standard has for its status: operators of modalities see nothing else.
 */
export function encodeResponse(request: CommandSet, { status, comment }: StoreStatus): Buffer {
  const classUid = isValidUid(request.sopClassUid) ? request.sopClassUid : '';
  const instanceUid = isValidUid(request.sopInstanceUid) ? request.sopInstanceUid : '';
  const words = commentOf(status, comment);
  const bytes = Buffer.alloc(groupLengthElement + 4 * numberElement + textLength(classUid) + textLength(words) + textLength(instanceUid));
  bytes.writeUInt32LE(4, 4);
  bytes.writeUInt32LE(bytes.length - groupLengthElement, 8);
  let at = groupLengthElement;
  at = writeText(bytes, at, 0x0002, classUid, 0x00);
  at = writeNumber(bytes, at, 0x0100, request.commandField | commandField.response);
  at = writeNumber(bytes, at, 0x0120, request.messageId);
  at = writeNumber(bytes, at, 0x0800, noDataset);
  at = writeNumber(bytes, at, 0x0900, status);
  at = writeText(bytes, at, 0x0902, words, 0x20);
  writeText(bytes, at, 0x1000, instanceUid, 0x00);
  return bytes;
}

function commentOf(status: number, comment: string | null): string {
  if (comment !== null) return errorComment(comment);
  return isStoredStatus(status) ? '' : (statusMeaning(status) ?? 'failure');
}

/** Implicit VR Little Endian: tag, length of four bytes, value of even length. */
const elementHead = 8;
const groupLengthElement = elementHead + 4;
const numberElement = elementHead + 2;

function textLength(text: string): number {
  return text === '' ? 0 : elementHead + text.length + (text.length % 2);
}

/** Where the next element begins. An empty text is left out. */
function writeText(bytes: Buffer, at: number, element: number, text: string, pad: number): number {
  if (text === '') return at;
  const length = text.length + (text.length % 2);
  bytes.writeUInt16LE(element, at + 2);
  bytes.writeUInt32LE(length, at + 4);
  const end = at + elementHead + length;
  bytes[end - 1] = pad;
  bytes.write(text, at + elementHead, 'latin1');
  return end;
}

function writeNumber(bytes: Buffer, at: number, element: number, value: number): number {
  bytes.writeUInt16LE(element, at + 2);
  bytes.writeUInt32LE(2, at + 4);
  bytes.writeUInt16LE(value, at + elementHead);
  return at + numberElement;
}
