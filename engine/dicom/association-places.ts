import { createHash } from 'node:crypto';

/** One association's place among all, and its share of limits by name. */
export interface Place {
  /** Takes a place under each name; false, with none taken, where a name has no more. Once for each place. */
  share(limits: readonly { readonly name: string; readonly most: number }[]): boolean;
  /** Gives back what was taken. Nothing more happens when it is called again. */
  giveBack(): void;
}

/** A name is known by 64 bits of its digest, so that memory of fixed size can be shared. */
const slotLength = 3;
const at = { lock: 0, taken: 1, slots: 2 } as const;
/** Names that one association shares: its called AE title, its peer's address, its source. */
const namesEach = 3;

/**
 * Counts associations: so many at once in all, and so many that share a name. The counts lie in memory that threads share: places
 * made of the same `memory` are the same places.
 */
export class AssociationPlaces {
  readonly most: number;
  readonly memory: SharedArrayBuffer;
  readonly #counts: Int32Array;

  constructor(most: number, memory = new SharedArrayBuffer((at.slots + most * namesEach * slotLength) * Int32Array.BYTES_PER_ELEMENT)) {
    this.most = most;
    this.memory = memory;
    this.#counts = new Int32Array(memory);
  }

  get taken(): number {
    return Atomics.load(this.#counts, at.taken);
  }

  /** null where all are taken. */
  take(): Place | null {
    if (Atomics.add(this.#counts, at.taken, 1) >= this.most) {
      Atomics.sub(this.#counts, at.taken, 1);
      return null;
    }
    let slots: readonly number[] = [];
    let given = false;
    return {
      share: (limits) => {
        const shared = this.#locked(() => this.#share(limits));
        slots = shared ?? [];
        return shared !== null;
      },
      giveBack: () => {
        if (given) return;
        given = true;
        this.#locked(() => {
          for (const slot of slots) this.#add(slot, -1);
        });
        Atomics.sub(this.#counts, at.taken, 1);
      },
    };
  }

  /** The slots of the names, counted; null, with nothing counted, where one has no more. */
  #share(limits: readonly { readonly name: string; readonly most: number }[]): readonly number[] | null {
    const taken = new Set<number>();
    for (const { name, most } of limits) {
      const slot = this.#slotOf(name);
      if (taken.has(slot)) continue;
      if (this.#count(slot) >= most) {
        for (const other of taken) this.#add(other, -1);
        return null;
      }
      this.#add(slot, 1);
      taken.add(slot);
    }
    return [...taken];
  }

  /** Where a name is counted, or can be from now on: an association that counts nowhere frees its slots. */
  #slotOf(name: string): number {
    const digest = createHash('sha256').update(name).digest();
    const [high, low] = [digest.readInt32LE(0), digest.readInt32LE(4)];
    let free = -1;
    for (let slot = at.slots; slot < this.#counts.length; slot += slotLength) {
      if (this.#count(slot) === 0) free = free === -1 ? slot : free;
      else if (this.#counts[slot] === high && this.#counts[slot + 1] === low) return slot;
    }
    // There are as many slots as names that all associations together can share.
    if (free === -1) throw new RangeError('an association shares more names than there is room for');
    this.#counts[free] = high;
    this.#counts[free + 1] = low;
    return free;
  }

  #count(slot: number): number {
    return this.#counts[slot + 2] ?? 0;
  }

  #add(slot: number, change: number): void {
    this.#counts[slot + 2] = this.#count(slot) + change;
  }

  /** Threads hold the lock for microseconds, and never across an await. */
  #locked<T>(use: () => T): T {
    while (Atomics.compareExchange(this.#counts, at.lock, 0, 1) !== 0) Atomics.wait(this.#counts, at.lock, 1, 1);
    try {
      return use();
    } finally {
      Atomics.store(this.#counts, at.lock, 0);
      Atomics.notify(this.#counts, at.lock, 1);
    }
  }
}
