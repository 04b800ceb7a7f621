import { join } from 'node:path';
import { makePhantom, type PhantomFile } from '../../engine/dicom/index.ts';
import { Modality } from './modality.ts';
import type { Victim } from './victim.ts';

/** One that its workflow soon lets go, and one of which a workflow holds all that comes. */
export const brief = 'BRIEF';
export const kept = 'KEPT';

export interface SendersOptions {
  readonly folder: string;
  readonly port: number;
  readonly seed: number;
  readonly victim: Victim;
  /** Of each sender, between two studies. */
  readonly pauseMs: number;
}

/** Three senders: two to one AE title, which now and then send the same study at the same time, and one to another. */
export function startSenders({ folder, port, seed, victim, pauseMs }: SendersOptions): readonly Modality[] {
  const studies = new Map<string, Promise<readonly PhantomFile[]>>();
  const made = (name: string, large: boolean): Promise<readonly PhantomFile[]> => {
    const known = studies.get(name) ?? makeStudy(join(folder, 'sent', name), `${seed}/${name}`, large);
    studies.set(name, known);
    return known;
  };
  const sender = (callingAeTitle: string, aeTitle: string, name: (number: number) => string): Modality =>
    new Modality({
      peer: { aeTitle, host: '127.0.0.1', port },
      callingAeTitle,
      pauseMs,
      study: (number) => made(name(number), number % 4 === 3),
      onSuccess: () => victim.onSuccess(),
    });
  return [
    sender('CT1', kept, (number) => `ct1-${number}`),
    sender('CT2', kept, (number) => (number % 3 === 0 ? `ct1-${number}` : `ct2-${number}`)),
    sender('CT3', brief, (number) => `ct3-${number}`),
  ];
}

/** Slices, the second one twice; large ones take several writes. */
async function makeStudy(folder: string, uidSeed: string, large: boolean): Promise<readonly PhantomFile[]> {
  const { files } = await makePhantom({ folder, uidSeed, slices: large ? 3 : 6, size: large ? 400 : 16 });
  return [...files, ...files.slice(1, 2)];
}
