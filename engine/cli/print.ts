import { stripVTControlCharacters, styleText } from 'node:util';

/** Data for machines: JSON on stdout, nothing else. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** What is not data: progress, hints. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Text that may have come from a peer: control characters would move a terminal's cursor. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');

/** A plain table; cells are cut to what a terminal line can hold only by the reader. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const cells = rows.map((row) => row.map(printable));
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  print(styleText('bold', line(header)));
  for (const row of cells) print(line(row));
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A bar that overwrites itself on a terminal; elsewhere silent until its last word. */
export function progressBar(title: string, total: number): { tick(done: number): void; end(line: string): void } {
  const live = process.stderr.isTTY === true;
  const width = 30;
  return {
    tick(done) {
      if (!live) return;
      const filled = total === 0 ? width : Math.round((done / total) * width);
      process.stderr.write(`\r${title} [${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${done}/${total}`);
    },
    end(line) {
      if (live) process.stderr.write('\r\x1b[K');
      note(line);
    },
  };
}
