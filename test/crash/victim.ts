import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gantry } from '../end-to-end/gantry-process.ts';
import { signalProcess } from '../end-to-end/process-tree.ts';
import type { Site } from '../end-to-end/site.ts';
import { until } from '../end-to-end/until.ts';
import { marksFile } from './die-at.ts';
import type { Kill } from './plan.ts';

/** The engine of a site, to be started and killed again and again. */
export class Victim {
  readonly #site: Site;
  readonly #seed: number;
  #now = 'before the first kill';
  #armed: Kill | null = null;
  #answered = 0;
  #gantry: Gantry | null = null;

  constructor(site: Site, seed: number) {
    this.#site = site;
    this.#seed = seed;
  }

  /** What happens now, as a failing test should say it. */
  get now(): string {
    return `${this.#now}, seed ${this.#seed}`;
  }

  /** A sender has seen a Success. */
  onSuccess(): string {
    this.#answered += 1;
    const { at, hit } = this.#armed ?? {};
    if (at === 'answered' && hit !== undefined && this.#answered >= hit && this.#gantry !== null)
      signalProcess(this.#gantry.pid, 'SIGKILL');
    return this.now;
  }

  /** Starts it and waits for its end; the embedded Temporal server may go with it. Rejects where it ends otherwise than the kill says. */
  async die(
    kill: Kill,
    { number, of, withTemporal }: { readonly number: number; readonly of: number; readonly withTemporal: boolean },
  ): Promise<void> {
    const words = `${kill.at} ${kill.hit}`;
    this.#now = `kill ${number} of ${of}, at "${kill.at}", pass ${kill.hit}${withTemporal ? ', with Temporal' : ''}`;
    this.#answered = 0;
    this.#armed = kill;
    const marks = await this.#marks();
    try {
      const gantry = await this.#start(kill.at === 'answered' ? {} : { GANTRY_TEST_CRASH: words });
      this.#gantry = gantry;
      await until(`the end of the engine: ${this.now}`, () => !signalProcess(gantry.pid, 0));
      await gantry.killAlone();
      if (withTemporal) await endTemporal(gantry);
    } catch (error) {
      // What an earlier kill left to be done may bring it to the place before it is ready.
      if ((await this.#marks()).length === marks.length) throw new Error(`it did not get there: ${this.now}`, { cause: error });
    }
    this.#gantry = null;
    this.#armed = null;
    if (kill.at === 'answered') return;
    const newest = (await this.#marks()).slice(marks.length);
    if (newest.length !== 1 || newest[0] !== words) throw new Error(`it ended elsewhere (${newest.join(', ') || 'no mark'}): ${this.now}`);
  }

  /** Starts it to stay. */
  live(): Promise<Gantry> {
    this.#now = 'after the last kill';
    return this.#start();
  }

  #start(env: NodeJS.ProcessEnv = {}): Promise<Gantry> {
    // Halves the time of a start: the next one finds the modules compiled.
    return this.#site.start({ env: { NODE_COMPILE_CACHE: join(this.#site.folder, 'compiled'), ...env } });
  }

  async #marks(): Promise<readonly string[]> {
    const text = await readFile(join(this.#site.folder, marksFile), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }
}

async function endTemporal(gantry: Gantry): Promise<void> {
  const pid = await gantry.temporalPid();
  signalProcess(pid, 'SIGKILL');
  await until('the Temporal server to be gone', () => !signalProcess(pid, 0));
}
