import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { peerEnvironment } from '../peers/peers.ts';

/** Far more than any task takes. */
const longestMs = 60_000;

/** A peer's program that is given a task a line and answers each with a line: starting it is the slowest thing it does. */
export class LineProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #complaints = '';

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { env: peerEnvironment, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#complaints += bytes.toString();
    });
    // That it has ended is told by its output's end.
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** One at a time. */
  async do(task: object): Promise<string> {
    this.#child.stdin.write(`${JSON.stringify(task)}\n`);
    const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), longestMs);
    const { value, done } = await this.#lines.next();
    clearTimeout(tooLong);
    if (done === true) throw new Error(`the program ended, or took longer than a minute: ${this.#complaints}`);
    return `${value}`;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill();
    await exit;
  }
}
