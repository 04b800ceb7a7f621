import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { testBinary, testEnvironment } from '../temporal/test-binary.ts';
import { listening, loopbackPort } from './loopback-port.ts';

/** A Temporal server that Gantry did not start, with its database in a folder of the test. */
export class TemporalServer {
  readonly address: string;
  readonly #port: number;
  readonly #database: string;
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number) {
    this.#port = port;
    this.#database = join(folder, 'existing-temporal.db');
    this.address = `127.0.0.1:${port}`;
  }

  static async make(folder: string): Promise<TemporalServer> {
    return new TemporalServer(folder, await loopbackPort());
  }

  /** Starts it, or starts it again on the same database and port. */
  async start(): Promise<void> {
    const { path } = await testBinary();
    const place = ['--ip', '127.0.0.1', '--port', String(this.#port), '--headless', '--db-filename', this.#database];
    const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=full'];
    const child = spawn(path, ['server', 'start-dev', ...place, ...pragmas, '--log-level', 'error'], {
      env: testEnvironment,
      stdio: 'ignore',
    });
    this.#child = child;
    await listening(this.#port, () => (child.exitCode === null ? null : `temporal ended with ${child.exitCode}`));
  }

  /** It answers nothing, and refuses nothing, as when its machine hangs. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
