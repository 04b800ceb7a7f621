import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

/** More than anybody reads; a job that floods its log fills no disk. */
const maxFileBytes = 10 * 1024 * 1024;
const tailLines = 10;
const maxLineLength = 200;
/** What Temporal shows of a failure in its lists is cut at about this size. */
const maxTailBytes = 1_800;

export interface JobLog {
  /** Takes one of the job's output streams; `onLine` sees each whole line, cut. Never holds the job back. */
  take(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): void;
  /** The last lines as a failure's message ends with them: "; last lines:" and up to ten, each cut, without control characters. */
  tail(): string;
  close(): Promise<void>;
}

/**
 * Keeps what a job prints: the first 10 MiB in a file, the last lines in memory. What comes after the cap is read and
 * dropped, so a flooding job neither blocks nor grows us.
 */
export function createJobLog(path: string): JobLog {
  const file = createWriteStream(path, { mode: 0o600 });
  // A disk that is full ends the log, not the job.
  let writable = true;
  file.on('error', () => {
    writable = false;
  });
  let bytes = 0;
  const last: string[] = [];

  const keep = (chunk: Buffer): void => {
    if (bytes >= maxFileBytes) return;
    const room = maxFileBytes - bytes;
    bytes += chunk.length;
    if (!writable) return;
    file.write(chunk.length <= room ? chunk : chunk.subarray(0, room));
    if (bytes >= maxFileBytes) file.write(`\n[cut by gantry: the log is longer than ${maxFileBytes / 1024 / 1024} MiB]\n`);
  };

  return {
    take(stream, onLine) {
      const decoder = new StringDecoder('utf8');
      let open = '';
      const line = (text: string): void => {
        const cut = text
          .slice(0, maxLineLength)
          .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
          .trimEnd();
        if (cut === '') return;
        last.push(cut);
        if (last.length > tailLines) last.shift();
        onLine?.(cut);
      };
      stream.on('data', (chunk: Buffer) => {
        keep(chunk);
        const lines = (open + decoder.write(chunk)).split('\n');
        // A line without an end is not allowed to grow.
        open = (lines.pop() ?? '').slice(0, maxLineLength);
        for (const text of lines) line(text);
      });
      stream.on('end', () => line(open));
    },
    tail: () => lastLines(last),
    close: () =>
      new Promise((resolve) => {
        if (!writable || file.destroyed) resolve();
        else {
          file.once('error', () => resolve());
          file.end(() => resolve());
        }
      }),
  };
}

/** The same of a log that has been written. */
export async function tailOf(path: string): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return lastLines([]);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailLines * 2 * maxLineLength);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return lastLines(
      buffer
        .toString('utf8')
        .split('\n')
        .map(printableLine)
        .filter((line) => line !== ''),
    );
  } finally {
    await file.close();
  }
}

const printableLine = (text: string): string =>
  text
    .slice(0, maxLineLength)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .trimEnd();

function lastLines(lines: readonly string[]): string {
  const fitting: string[] = [];
  let size = 0;
  for (const line of lines.slice(-tailLines).toReversed()) {
    size += Buffer.byteLength(line) + 1;
    if (size > maxTailBytes) break;
    fitting.unshift(line);
  }
  return fitting.length === 0 ? '; it printed nothing' : `; last lines:\n${fitting.join('\n')}`;
}
