/** A call that blocked longer than this was one too many: a page cache answers a thousand times faster, a busy processor seldom keeps one waiting so long. */
const patienceMs = 100;
/** A disk that stays slow is tried again this often, which blocks for a small part of the time. */
const slowForMs = 5_000;

/** Whether a disk answers at once: not for a while after a call that blocked for long. */
export class Pace {
  readonly #now: () => number;
  #slowUntil = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds, of a clock that never steps. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isBrisk(): boolean {
    return this.#slowUntil === Number.NEGATIVE_INFINITY || this.#now() >= this.#slowUntil;
  }

  /** Does what blocks, and takes its time. */
  timed<T>(call: () => T): T {
    const begun = this.#now();
    try {
      return call();
    } finally {
      const ended = this.#now();
      if (ended - begun > patienceMs) this.#slowUntil = ended + slowForMs;
    }
  }
}
