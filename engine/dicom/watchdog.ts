/** One timer that is set, prolonged and cleared often: it barks when the time it was last given is over. */
export class Watchdog {
  readonly #onBark: (milliseconds: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #milliseconds = 0;

  constructor(onBark: (milliseconds: number) => void) {
    this.#onBark = onBark;
  }

  /** Starts, or starts anew. */
  give(milliseconds: number): void {
    if (this.#timer !== undefined && this.#milliseconds === milliseconds) {
      this.#timer.refresh();
      return;
    }
    this.rest();
    this.#milliseconds = milliseconds;
    this.#timer = setTimeout(() => this.#onBark(milliseconds), milliseconds);
  }

  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
