/**
 * A timer whose end is put off often and reached seldom: it barks once when its deadline has passed. Putting it off costs no timer, for
 * that is done with every piece of data; the one that runs looks again when it fires. Times are those of `performance.now()`.
 */
export class Watchdog {
  readonly #onBark: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Number.POSITIVE_INFINITY;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(onBark: () => void) {
    this.#onBark = onBark;
  }

  until(deadline: number): void {
    this.#deadline = deadline;
    if (this.#firesAt > deadline) this.#arm();
  }

  /** No deadline, until there is one again. */
  rest(): void {
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** For good: nothing of it keeps the process alive. */
  stop(): void {
    this.rest();
    clearTimeout(this.#timer);
    this.#firesAt = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#firesAt = this.#deadline;
    this.#timer = setTimeout(() => this.#fire(), Math.max(0, Math.ceil(this.#deadline - performance.now())));
  }

  #fire(): void {
    this.#firesAt = Number.POSITIVE_INFINITY;
    if (this.#deadline === Number.POSITIVE_INFINITY) return;
    if (performance.now() < this.#deadline) {
      this.#arm();
      return;
    }
    this.rest();
    this.#onBark();
  }
}
