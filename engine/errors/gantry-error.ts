import { catalogue, type ErrorCode } from './catalogue.ts';

/** Where something went wrong: a position in a file (1-based), or a step of a run. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly workflow?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly step?: string | undefined;
}

export interface GantryErrorInit {
  readonly place?: Place | undefined;
  /** What to do, when the catalogue's general mend can be said more exactly. */
  readonly mend?: string | undefined;
  readonly cause?: unknown;
}

/** An error with a stable code, what happened, where, and what to do. Every code stands in the catalogue. */
export class GantryError extends Error {
  readonly code: ErrorCode;
  readonly place: Place | undefined;
  readonly mend: string;

  constructor(code: ErrorCode, message: string, init: GantryErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'GantryError';
    this.code = code;
    this.place = init.place;
    this.mend = init.mend ?? catalogue[code].mend;
  }
}

/** One line for people: `GY501 what happened (where). What to do.` Never a stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof GantryError)) return error instanceof Error ? error.message : String(error);
  const { file, line, column, workflowId, step } = error.place ?? {};
  const position = file === undefined ? undefined : [file, line, column].filter((part) => part !== undefined).join(':');
  const where = [position, workflowId, step].filter((part) => part !== undefined).join(' ');
  return `${error.code} ${error.message}${where === '' ? '' : ` (${where})`}. ${error.mend}`;
}
