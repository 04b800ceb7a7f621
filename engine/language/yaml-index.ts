import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import { childPointer } from './json-pointer.ts';
import type { Range } from './text-position.ts';

/** Where the node at one JSON Pointer stands. */
export interface Place {
  /** Its key; null for the root and the items of a list. */
  readonly key: Range | null;
  /** Its value: a scalar's characters, a flow collection's bracket, a block collection's first key; null where it is left empty. */
  readonly value: Range | null;
  /** The scalar itself, for offsets inside it and for its spelling. */
  readonly scalar: ScalarEvent | null;
}

export interface YamlIndex {
  readonly places: ReadonlyMap<string, Place>;
  readonly duplicates: readonly { readonly range: Range; readonly key: string; readonly first: Range }[];
  readonly documents: number;
}

interface Frame {
  readonly kind: 'document' | 'mapping' | 'sequence';
  readonly pointer: string;
  readonly keys: Map<string, Range>;
  key: { readonly text: string; readonly range: Range } | null;
  count: number;
}

/** One pass over the events of js-yaml: the same that the value is made from, so positions and data cannot disagree. */
export function indexYaml(text: string, events: readonly Event[]): YamlIndex {
  const places = new Map<string, Place>();
  const duplicates: { range: Range; key: string; first: Range }[] = [];
  const frames: Frame[] = [];
  let documents = 0;

  /** Takes a node into its parent; its pointer, or null where it is a key. */
  const enter = (range: Range | null, scalar: ScalarEvent | null): string | null => {
    const parent = frames.at(-1);
    if (parent === undefined || parent.kind === 'document') {
      places.set('', { key: null, value: range, scalar });
      return '';
    }
    if (parent.kind === 'sequence') {
      const pointer = childPointer(parent.pointer, parent.count++);
      places.set(pointer, { key: null, value: range, scalar });
      return pointer;
    }
    if (parent.key === null) {
      const key = scalar === null ? '' : scalarText(text, scalar);
      const at = range ?? { start: 0, end: 1 };
      const first = parent.keys.get(key);
      if (first === undefined) parent.keys.set(key, at);
      else duplicates.push({ range: at, key, first });
      parent.key = { text: key, range: at };
      // A block mapping begins where its first key does.
      const own = places.get(parent.pointer);
      if (own?.value && own.value.start === at.start) places.set(parent.pointer, { ...own, value: at });
      return null;
    }
    const pointer = childPointer(parent.pointer, parent.key.text);
    places.set(pointer, { key: parent.key.range, value: range, scalar });
    parent.key = null;
    return pointer;
  };

  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        documents++;
        frames.push({ kind: 'document', pointer: '', keys: new Map(), key: null, count: 0 });
        break;
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE: {
        const range = event.start < 0 ? null : { start: event.start, end: event.start + 1 };
        const kind = event.type === EVENT_ID.MAPPING ? 'mapping' : 'sequence';
        frames.push({ kind, pointer: enter(range, null) ?? '/', keys: new Map(), key: null, count: 0 });
        break;
      }
      case EVENT_ID.SCALAR:
        enter(event.valueStart < 0 ? null : { start: event.valueStart, end: event.valueEnd }, event);
        break;
      case EVENT_ID.ALIAS:
        enter({ start: event.anchorStart - 1, end: event.anchorEnd }, null);
        break;
      case EVENT_ID.POP:
        frames.pop();
        break;
    }
  }
  return { places, duplicates, documents };
}

const scalarText = (text: string, scalar: ScalarEvent): string => (scalar.valueStart < 0 ? '' : getScalarValue(text, scalar));

/** How a plain scalar is spelled; null for quoted text, blocks and collections. */
export function plainSpelling(text: string, scalar: ScalarEvent | null): string | null {
  if (scalar === null || scalar.valueStart < 0 || scalar.style !== SCALAR_STYLE.PLAIN || scalar.tagStart >= 0) return null;
  return text.slice(scalar.valueStart, scalar.valueEnd);
}

/**
 * Where the character at `offset` of a scalar's decoded text stands in the file. Plain and block scalars differ from their
 * text by indentation and folds, quoted ones by escapes; all others stand there as they are.
 */
export function offsetInScalar(text: string, scalar: ScalarEvent, offset: number): number {
  const decoded = scalarText(text, scalar);
  let raw = scalar.valueStart;
  for (let at = 0; at < offset && raw < scalar.valueEnd; at++) {
    raw = skipSpace(text, raw, decoded[at]);
    if (scalar.style === SCALAR_STYLE.DOUBLE_QUOTED && text[raw] === '\\') raw += escapeLength(text[raw + 1]);
    else if (scalar.style === SCALAR_STYLE.SINGLE_QUOTED && text.startsWith("''", raw)) raw += 2;
    else raw += 1;
  }
  return skipSpace(text, raw, decoded[offset]);
}

/** Space that folding and indentation took away: what stands in the file and is not the next character of the text. */
function skipSpace(text: string, from: number, next: string | undefined): number {
  let at = from;
  if (next === undefined || /\s/.test(next)) return at;
  while (at < text.length && /\s/.test(text[at] as string)) at++;
  return at;
}

const escapeLength = (letter: string | undefined): number => ({ x: 4, u: 6, U: 10 })[letter ?? ''] ?? 2;
