/** A read of fewer bytes holds nobody up. */
const largeReadBytes = 16_384;

/** With what is done with them some milliseconds. Few senders, however fast, seldom come to more before the event loop comes round. */
const readsInTurn = 8;

/** Where there is a line, each large read is followed by others: less in one turn, and small reads wait less. */
const readsOfLineInTurn = 2;

/**
 * Lets connections be read in turns. The event loop asks each connection that has bytes before it comes back to any of them: with two
 * hundred that send at once, whoever asks for a C-ECHO meanwhile would wait for all their bytes at each of its steps. Here only so many
 * large reads are done between one look at all connections and the next; whose turn is over waits in line, and small reads wait for none.
 */
export class ReadTurns {
  readonly #line: (() => void)[] = [];
  #reads = 0;
  #isScheduled = false;

  /** Told of each read. False: the connection must not be read until `again` is called. */
  take(bytes: number, again: () => void): boolean {
    if (bytes < largeReadBytes) return true;
    this.#reads += 1;
    this.#schedule();
    // Nobody goes ahead of those in line.
    if (this.#reads <= readsInTurn && this.#line.length === 0) return true;
    this.#line.push(again);
    return false;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After all connections with bytes were asked, and before they are asked again.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#reads = 0;
      for (const again of this.#line.splice(0, readsOfLineInTurn)) again();
      if (this.#line.length > 0) this.#schedule();
    });
  }
}
