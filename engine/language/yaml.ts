import { CORE_SCHEMA, constructFromEvents, type Event, parseEvents } from 'js-yaml';
import { childPointer, pointerParts } from './json-pointer.ts';
import { createPositions, type Position, type Range } from './text-position.ts';
import { yamlProblem } from './yaml-exception.ts';
import { indexYaml, offsetInScalar, plainSpelling, type YamlIndex } from './yaml-index.ts';

export interface YamlProblem {
  readonly kind: 'syntax' | 'duplicate-key' | 'too-large' | 'unquoted';
  readonly range: Range;
  readonly message: string;
  readonly hint: string | null;
}

/** A YAML (or JSON) file as data, with the place of every node. Pointers are JSON Pointers into `value`. */
export interface YamlDocument {
  readonly text: string;
  /** JSON; undefined where the text could not be read at all, or is empty. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** 1-based; of the nearest thing that is written where the pointer's own is not. */
  positionOf(pointer: string, which: 'key' | 'value'): Position;
  rangeOf(pointer: string, which: 'key' | 'value'): Range;
  /** The place of a part of a text value, by offsets into the value. */
  rangeInside(pointer: string, inside: Range): Range;
  /** How an unquoted scalar is spelled (`1.20` for the number 1.2); null for all else. */
  spellingOf(pointer: string): string | null;
  position(range: Range): Position;
}

/** Generous for what people write; small enough that no file can take the engine's memory or time. */
const maxLength = 1_000_000;
const maxDepth = 50;
/** Sixteen aliases multiply a document by less than 400 at the worst. */
const maxAliases = 16;

/** Reads one document: YAML 1.2 CORE schema, of which JSON is a part. Never throws: what is wrong stands in `problems`. */
export function parseYaml(source: string): YamlDocument {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const position = createPositions(text);
  const problems: YamlProblem[] = [];
  let value: unknown;
  let index: YamlIndex = { places: new Map(), duplicates: [], documents: 0 };

  if (text.length > maxLength) {
    const message = `the file is larger than ${maxLength} characters`;
    problems.push({ kind: 'too-large', range: { start: 0, end: 1 }, message, hint: null });
  } else {
    try {
      const events: Event[] = parseEvents(text, { maxDepth });
      index = indexYaml(text, events);
      problems.push(...indexProblems(text, index, position));
      // Duplicate keys are among those, all of them; `json: true` keeps this call from stopping at the first.
      value = constructFromEvents(events, { source: text, schema: CORE_SCHEMA, maxAliases, json: true })[0];
    } catch (error) {
      problems.push(yamlProblem(error, text));
    }
  }

  const rangeOf = (pointer: string, which: 'key' | 'value'): Range => {
    for (let at = pointer, wanted = which; ; at = parentOf(at), wanted = 'key') {
      const place = index.places.get(at);
      const range = wanted === 'key' ? (place?.key ?? place?.value) : (place?.value ?? place?.key);
      if (range) return range;
      if (at === '') return { start: 0, end: 1 };
    }
  };

  return {
    text,
    value,
    problems,
    position,
    rangeOf,
    positionOf: (pointer, which) => position(rangeOf(pointer, which)),
    rangeInside(pointer, { start, end }) {
      const scalar = index.places.get(pointer)?.scalar;
      if (!scalar || scalar.valueStart < 0) return rangeOf(pointer, 'value');
      return { start: offsetInScalar(text, scalar, start), end: offsetInScalar(text, scalar, Math.max(start, end - 1)) + 1 };
    },
    spellingOf: (pointer) => plainSpelling(text, index.places.get(pointer)?.scalar ?? null),
  };
}

const parentOf = (pointer: string): string => pointerParts(pointer).slice(0, -1).reduce<string>(childPointer, '');

/** What the index alone tells: keys that stand twice, further documents, numbers that JSON has not or would not keep. */
function indexProblems(text: string, index: YamlIndex, position: (range: Range) => Position): YamlProblem[] {
  const problems: YamlProblem[] = index.duplicates.map(({ range, key, first }) => ({
    kind: 'duplicate-key',
    range,
    message: `duplicate key "${key}"`,
    hint: `it stands in line ${position(first).line} already: keep one of the two`,
  }));
  if (index.documents > 1) {
    const hint = 'remove what follows "---", or make it a file of its own';
    problems.push({ kind: 'syntax', range: { start: 0, end: 1 }, message: 'the file holds more than one document', hint });
  }
  for (const { scalar, value: range } of index.places.values()) {
    const spelling = plainSpelling(text, scalar);
    if (spelling === null || range === null) continue;
    if (/^[-+]?\.(inf|nan)$/i.test(spelling)) {
      problems.push({ kind: 'syntax', range, message: `${spelling} is not a number that JSON has`, hint: null });
    } else if (/^[-+]?\d+$/.test(spelling) && !Number.isSafeInteger(Number(spelling))) {
      const message = `${spelling} is read as a number, and is too large to be kept exactly`;
      problems.push({ kind: 'unquoted', range, message, hint: `quote it: "${spelling}"` });
    }
  }
  return problems;
}
