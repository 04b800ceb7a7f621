import assert from 'node:assert/strict';
import type { InstanceRow } from '../../engine/ledger/index.ts';
import type { Modality, Sent } from './modality.ts';

/** What is wanted of the instances that were sent to one AE title. */
interface Wanted {
  /** The workflows that each instance goes to. */
  readonly workflows: readonly string[];
  /** Something holds them to the end, so that one sent again is never new work. */
  readonly once: boolean;
}

/**
 * What is wrong with the ledger's rows, given what the senders know; nothing where each acknowledged instance has its row, each row
 * its claims, one for each workflow, and no more rows than it may have.
 */
function wrongRows(
  modalities: readonly Modality[],
  rows: readonly InstanceRow[],
  wanted: Readonly<Record<string, Wanted>>,
): readonly string[] {
  const byInstance = Map.groupBy(rows, ({ calledAeTitle, sopInstanceUid }) => `${sopInstanceUid} at ${calledAeTitle}`);
  const sent = sentTo(modalities);
  const wrong = [...byInstance.keys()].filter((name) => !sent.has(name)).map((name) => `${name} was never sent`);
  for (const [name, { calledAeTitle, attempts, successes, during }] of sent) {
    const has = byInstance.get(name) ?? [];
    const what = `${name} (${successes} times Success, the first during ${during})`;
    const { workflows, once } = wanted[calledAeTitle] ?? { workflows: [], once: true };
    if (successes > 0 && has.length === 0) wrong.push(`${what} is lost`);
    if (has.length > (once ? 1 : attempts)) wrong.push(`${what} has ${has.length} rows after ${attempts} attempts`);
    for (const { claims, state } of has) {
      const claimed = claims.map(({ workflow }) => workflow).sort();
      if (claimed.join() !== [...workflows].sort().join()) wrong.push(`${what}, ${state}, is claimed by ${claimed.join() || 'nothing'}`);
    }
  }
  return wrong;
}

/** What both crash tests ask at their end: no peer was refused, and the ledger's rows are what was sent and wanted. */
export function assertAccounted(modalities: readonly Modality[], rows: readonly InstanceRow[], seed: number): void {
  assert.deepEqual(
    modalities.flatMap(({ refusals }) => [...refusals]),
    [],
    `seed ${seed}`,
  );
  const wanted = { KEPT: { workflows: ['kept', 'short'], once: true }, BRIEF: { workflows: ['brief'], once: false } };
  assert.deepEqual(wrongRows(modalities, rows, wanted), [], `seed ${seed}`);
}

type Summed = Pick<Sent, 'file' | 'attempts' | 'successes' | 'during'> & { readonly calledAeTitle: string };

/** By "SOP Instance UID at AE title"; several may have sent the same to the same. */
export function sentTo(modalities: readonly Modality[]): ReadonlyMap<string, Summed> {
  const all = new Map<string, Summed>();
  for (const { calledAeTitle, sent } of modalities) {
    for (const [uid, { file, attempts, successes, during }] of sent) {
      const name = `${uid} at ${calledAeTitle}`;
      const earlier = all.get(name);
      all.set(name, {
        ...{ file, calledAeTitle },
        attempts: attempts + (earlier?.attempts ?? 0),
        successes: successes + (earlier?.successes ?? 0),
        during: earlier?.during ?? during,
      });
    }
  }
  return all;
}

/** Lines of the engine's log that say that something went wrong. */
export const errorsIn = (log: string): readonly string[] => log.split('\n').filter((line) => line.includes('"level":50'));
