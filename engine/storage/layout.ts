import { Buffer } from 'node:buffer';
import { randomFillSync, randomInt } from 'node:crypto';

/** Written under this ending, renamed when whole: what still has it, and no row in the ledger, was never acknowledged. */
export const partEnding = '.part';

export const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
export const shardPattern = /^[0-9a-f]{2}$/;
export const filePattern = /^[0-9a-f]{32}\.dcm$/;

/** Successive files that share a folder, so that they share the sync of it. */
export const filesInTurn = 64;
const shards = 256;
const dayMs = 86_400_000;

/** The UTC day: no hour of it comes twice. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

export interface FileName {
  readonly day: string;
  readonly shard: string;
  readonly file: string;
}

/** Names of new files: `<yyyy-mm-dd>/<2 hex>/<32 hex>.dcm`. Nothing in them comes from the wire. */
export function createNames(now: () => number = Date.now): () => FileName {
  let count = randomInt(shards) * filesInTurn;
  let day = { number: Number.NaN, text: '' };
  const nextId = createIds();
  return () => {
    const time = now();
    const number = Math.floor(time / dayMs);
    if (number !== day.number) day = { number, text: dayOf(time) };
    const shard = Math.floor(count++ / filesInTurn) % shards;
    return { day: day.text, shard: shard.toString(16).padStart(2, '0'), file: `${nextId()}.dcm` };
  };
}

const idBytes = 16;

/** 128 random bits in hex. Bytes are drawn for many at once: drawing them costs more than the rest. */
function createIds(): () => string {
  const random = Buffer.alloc(idBytes * 256);
  let at = random.length;
  return () => {
    if (at === random.length) {
      randomFillSync(random);
      at = 0;
    }
    at += idBytes;
    return random.toString('hex', at - idBytes, at);
  };
}
