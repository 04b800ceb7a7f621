/** Offsets into a text, the end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** 1-based, with the characters to underline on that line, at least 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Turns offsets into lines and columns. CR LF is one line break. */
export function createPositions(text: string): (range: Range) => Position {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return ({ start, end }) => {
    let from = Math.max(0, Math.min(start, text.length));
    // An error at the very end is shown behind the last thing that is written, not on an empty line after it.
    if (from === text.length) from = text.trimEnd().length;
    let low = 0;
    let high = lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((lineStarts[middle] as number) <= from) low = middle;
      else high = middle - 1;
    }
    const lineStart = lineStarts[low] as number;
    const lineEnd = text.slice(lineStart, lineStarts[low + 1] ?? text.length).trimEnd().length + lineStart;
    return { line: low + 1, column: from - lineStart + 1, length: Math.max(1, Math.min(end, lineEnd) - from) };
  };
}
