import type { CrashPoint } from '../../engine/crash-point.ts';

/** `answered`: a sender has seen a Success. It is killed from outside then. */
export type Place = CrashPoint | 'answered';

export interface Kill {
  readonly at: Place;
  /** At which pass of the place, from 1. */
  readonly hit: number;
}

/** At most so many passes before the kill: places of an instance are passed often, those of a group or a batch seldom. */
const mostHits: Readonly<Record<Place, number>> = {
  written: 40,
  renamed: 40,
  synced: 40,
  recorded: 40,
  answered: 40,
  routed: 10,
  dispatched: 4,
  signalled: 4,
  'batch-closed': 3,
  'step-done': 4,
  'reclaim-deleted': 12,
  reclaimed: 2,
};

export interface PlanOptions {
  /** To choose from. */
  readonly each: readonly Place[];
  /** Of these, as often as they stand here, where there are so many kills. */
  readonly atLeast: readonly Place[];
  readonly kills: number;
  readonly seed: number;
}

/** Places, passes and order by chance. Same seed, same plan. */
export function planKills({ each, atLeast, kills, seed }: PlanOptions): readonly Kill[] {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = (): Place => each[below(each.length)] ?? 'recorded';
  const given = atLeast.slice(0, kills);
  const chosen = [...given, ...Array.from({ length: kills - given.length }, pick)];
  for (let last = chosen.length - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    [chosen[last], chosen[other]] = [chosen[other] ?? pick(), chosen[last] ?? pick()];
  }
  return chosen.map((at) => ({ at, hit: 1 + below(mostHits[at]) }));
}

/** "written 3, renamed 2": for the figures that a test prints. */
export function byPlace(plan: readonly Kill[]): string {
  const places = Object.entries(Object.groupBy(plan, ({ at }) => at));
  return places.map(([at, kills]) => `${at} ${kills.length}`).join(', ');
}

/** Numbers from 0 up to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
