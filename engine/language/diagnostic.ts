/** A problem in a file, as data. `format` in one place turns it into text. Positions are 1-based. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline on that line, at least 1. */
  readonly length: number;
  /** What would be right, or the nearest known name. */
  readonly hint: string | null;
}
