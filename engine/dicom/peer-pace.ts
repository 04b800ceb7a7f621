export interface PaceLimits {
  /** For a kilobyte more of a message. */
  readonly progressMs: number;
  /** For a whole message. */
  readonly messageMs: number;
}

/** Data that is less in a whole window is no progress: a connection held open by a byte now and then. */
export const leastProgressBytes = 1_024;

/**
 * How long a peer may take over the message that it is inside of. Times are milliseconds on any clock that stands still while the peer
 * waits for us. Pure: it keeps no timer.
 */
export class PeerPace {
  readonly #limits: PaceLimits;
  #begunAt: number | null = null;
  #windowAt = 0;
  #bytes = 0;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** Data of the message has come. */
  took(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The message is at its end: the next one has all its time. */
  end(): void {
    this.#begunAt = null;
  }

  /** When the peer's time is over, as of `now`. Until `end` is called a message is open, and its time begins with the first call. */
  deadline(now: number): number {
    if (this.#begunAt === null) {
      this.#begunAt = now;
      this.#restart(now);
    } else if (this.#bytes >= leastProgressBytes) {
      this.#restart(now);
    }
    return Math.min(this.#windowAt + this.#limits.progressMs, this.#begunAt + this.#limits.messageMs);
  }

  #restart(now: number): void {
    this.#windowAt = now;
    this.#bytes = 0;
  }
}
