import type { Config } from '../config/index.ts';
import type { Storage } from '../storage/index.ts';
import type { SpaceUse } from '../workflow/contract.ts';

/** Rules of the configuration for steps that begin something while free space is below the reserve. */
export type SpaceRules = Config['storage']['belowReserve'];
type Space = Awaited<ReturnType<Storage['space']>>;

/** Whether a job or an export may begin. What has begun goes on: the reserve is for it. */
export function mayRun(use: SpaceUse, { open }: Pick<Space, 'open'>, rules: SpaceRules): boolean {
  return open || rules[use] === 'go-on';
}

/** `waiting for space: 1.2 GB free, 5 GB reserved` */
export function waitingForSpace({ freeBytes, reservedBytes }: Pick<Space, 'freeBytes' | 'reservedBytes'>): string {
  const spelled = (bytes: number): string => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${Math.round(bytes / 1e8) / 10} GB`);
  return `waiting for space: ${spelled(freeBytes)} free, ${spelled(reservedBytes)} reserved`;
}

/** A step came to something that has to wait. It is not the step's failure: its run waits, and begins the same attempt again. */
export class MustWaitForSpace extends Error {
  readonly use: SpaceUse;

  constructor(use: SpaceUse, space: Pick<Space, 'freeBytes' | 'reservedBytes'>) {
    super(waitingForSpace(space));
    this.name = 'MustWaitForSpace';
    this.use = use;
  }
}

/** Throws MustWaitForSpace where the use may not begin now. */
export async function passSpaceGate(
  use: SpaceUse,
  { storage, rules }: { readonly storage: Pick<Storage, 'space'>; readonly rules: SpaceRules },
): Promise<void> {
  const space = await storage.space();
  if (!mayRun(use, space, rules)) throw new MustWaitForSpace(use, space);
}
