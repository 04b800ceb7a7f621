import type { ErrorCode } from '../errors/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Range } from './text-position.ts';
import type { YamlDocument } from './yaml.ts';

export interface Finding {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | null;
}

/** Collects what is wrong with one file. */
export interface Report {
  /** At the key or value that a JSON Pointer names. */
  at(pointer: string, which: 'key' | 'value', finding: Finding): void;
  /** At a part of a text value, by offsets into the value. */
  inside(pointer: string, inside: Range, finding: Finding): void;
  range(range: Range, finding: Finding): void;
  /** In the order of the file, each once. */
  diagnostics(): readonly Diagnostic[];
}

export function createReport(file: string, document: YamlDocument): Report {
  const found: Diagnostic[] = [];
  const range = (place: Range, { code, message, hint = null }: Finding): void => {
    found.push({ code, severity: 'error', message, file, ...document.position(place), hint });
  };
  return {
    range,
    at: (pointer, which, finding) => range(document.rangeOf(pointer, which), finding),
    inside: (pointer, inside, finding) => range(document.rangeInside(pointer, inside), finding),
    diagnostics() {
      const unique = new Map(found.map((diagnostic) => [`${diagnostic.line}:${diagnostic.column}:${diagnostic.message}`, diagnostic]));
      return [...unique.values()].sort(byPosition);
    },
  };
}

const byPosition = (a: Diagnostic, b: Diagnostic): number =>
  a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
