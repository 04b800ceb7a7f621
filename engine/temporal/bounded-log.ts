import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs';

const limitBytes = 8 * 1024 * 1024;
const lookEveryMs = 60_000;

/** Moves a log's content to `<file>.1` when it has grown past 8 MiB. The writer keeps its descriptor: it appends, so it goes on at the new end. */
export function boundLog(file: string, limit: number = limitBytes): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= limit) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** Bounds it now and every minute, until the answered function is called. */
export function keepLogBounded(file: string, onFailure: (error: unknown) => void): () => void {
  const look = (): void => {
    try {
      boundLog(file);
    } catch (error) {
      onFailure(error);
    }
  };
  look();
  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** The last error that was written after `offset`, or the last line. Empty where nothing was. */
export function lastWords(file: string, offset: number): string {
  const lines = readFileSync(file).subarray(offset).toString('utf8').split('\n');
  const said = lines.filter((line) => line.trim() !== '');
  return said.findLast((line) => /^Error:|\blevel=(ERROR|FATAL)\b/.test(line)) ?? said.at(-1) ?? '';
}
