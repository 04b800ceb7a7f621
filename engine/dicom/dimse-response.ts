import type { Buffer } from 'node:buffer';
import { commandElements, commandField } from './command-set.ts';
import type { DimseRequest } from './dimse-request.ts';
import { printable } from './printable.ts';

export interface DimseResponse {
  readonly status: number;
  /** Error Comment (0000,0902), printable, at most 64 characters; null where there is none. */
  readonly comment: string | null;
}

/** Reads a response's command set (PS3.7 §9.3). Throws Error where it cannot be followed or answers another request. */
export function parseResponse(bytes: Buffer, request: DimseRequest): DimseResponse {
  const values = commandElements(bytes);
  const number = (element: number): number => {
    const value = values.get(element);
    if (value?.length !== 2) throw new Error(`its response lacks (0000,${element.toString(16).padStart(4, '0')})`);
    return value.readUInt16LE(0);
  };
  if (number(0x0100) !== (request.commandField | commandField.response)) throw new Error('it sent a message that is no response');
  const answered = number(0x0120);
  if (answered !== request.messageId) throw new Error(`it answered message ${answered} instead of ${request.messageId}`);
  return { status: number(0x0900), comment: printable(values.get(0x0902), 64) || null };
}
