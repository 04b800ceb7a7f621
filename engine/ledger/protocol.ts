import type { MessagePort } from 'node:worker_threads';
import { type ErrorCode, GantryError } from '../errors/index.ts';
import type { OperationName } from './operations/index.ts';

/** What goes to the writer's thread: requests, another thread's port, or at last the wish to close. */
export type ToWriter = readonly Request[] | { readonly connect: MessagePort } | 'close';

export interface Request {
  readonly id: number;
  readonly name: OperationName;
  readonly values: readonly unknown[];
}

/** An error as data: classes do not survive the way between threads. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly mend: string;
}

export type Reply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: ErrorData };

/** What comes from the writer's thread: once whether it could open the ledger, then replies, and at last that it is closed. */
export type WriterMessage =
  | { readonly opened: true }
  | { readonly refused: ErrorData }
  | { readonly replies: readonly Reply[] }
  | { readonly closed: true };

export const errorToData = ({ code, message, mend }: GantryError): ErrorData => ({ code, message, mend });

export const errorFromData = ({ code, message, mend }: ErrorData): GantryError => new GantryError(code, message, { mend });
