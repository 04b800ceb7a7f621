/** Workflows that come and go with ever other AE titles must not grow the metrics without end. */
const mostValues = 200;

/** A label's value where it is one of those known when it first came; "other" where not, and for all beyond 200. */
export function boundedLabel(isKnown: (value: string) => boolean): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= mostValues || !isKnown(value)) return 'other';
    seen.add(value);
    return value;
  };
}
