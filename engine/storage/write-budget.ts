/** Bytes that all writers together hold in memory. */
export class WriteBudget {
  readonly #limit: number;
  #taken = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  take(bytes: number): void {
    this.#taken += bytes;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }

  get exhausted(): boolean {
    return this.#taken > this.#limit;
  }
}
