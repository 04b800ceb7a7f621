/**
 * JSON as CEL sees it: whole numbers become ints (BigInt), all others stay doubles. Objects lose their prototype, so that
 * a key such as `__proto__` is only a key.
 */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  // Not value.map: an array of another realm would map to one, which cel-js does not take for a list.
  if (Array.isArray(value)) return Array.from(value, toCel);
  if (typeof value !== 'object' || value === null) return value;
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) if (entry !== undefined) object[key] = toCel(entry);
  return object;
}

/** A CEL value as JSON; a timestamp becomes ISO 8601. Throws RangeError for what JSON cannot hold, naming its kind and never the value. */
export function fromCel(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint': {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) throw new RangeError('the whole number is beyond what JSON holds exactly');
      return number;
    }
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError('the number is not finite');
      return value;
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (value instanceof Date) return value.toISOString();
      if (Array.isArray(value)) return value.map(fromCel);
      if (value instanceof Set) return [...value].map(fromCel);
      if (value instanceof Map) return object(value.entries());
      if (isPlain(value)) return object(Object.entries(value));
  }
  throw new RangeError('the value is of a kind that JSON has not (bytes, duration, type)');
}

const object = (entries: Iterable<[unknown, unknown]>): object =>
  Object.fromEntries(Array.from(entries, ([key, value]) => [String(key), fromCel(value)]));

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
