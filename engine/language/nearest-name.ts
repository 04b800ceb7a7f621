/** The known name that was probably meant: at most a third of its letters differ, or only upper and lower case do. Null where none is near. */
export function nearestName(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] as number) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] as number;
}

/** Enough to choose from; a longer list hides the rest of the message. */
const listed = 12;

/** `did you mean "quiet"? (options: quiet, limit, instances)`; null where nothing is known. */
export function suggest(name: string, known: readonly string[], noun: string): string | null {
  const near = nearestName(name, known);
  const more = known.length > listed ? `, and ${known.length - listed} more` : '';
  const list = known.length === 0 ? null : `${noun}: ${known.slice(0, listed).join(', ')}${more}`;
  if (near === null) return list;
  return list === null ? `did you mean "${near}"?` : `did you mean "${near}"? (${list})`;
}
