import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLoop } from '../../engine/intake/loop.ts';
import type { Ledger } from '../../engine/ledger/index.ts';
import type { Log } from '../../engine/log/index.ts';
import type { Storage } from '../../engine/storage/index.ts';
import { differences, differencesFile } from './differences.ts';
import type { Book } from './stand-in-temporal.ts';

interface Parts {
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly dataFolder: string;
  readonly log: Log;
}

/** Of workflows with this name the runs wait for ever, and hold what they have. */
const patient = 'kept';
const quietMs = 200;

export const sweepJobFolders = (): Promise<void> => Promise.resolve();
export const createActivities = (parts: Parts): Parts => parts;

/** Stands in for the worker: runs that close their group when it is quiet, and settle it at once. Looks at files and rows first, before anything moves. */
export async function startWorker({ temporal, activities }: { readonly temporal: { readonly client: Book }; readonly activities: Parts }) {
  const { ledger, storage, dataFolder, log } = activities;
  writeFileSync(join(dataFolder, differencesFile), JSON.stringify(await differences(storage, ledger)));
  const book = temporal.client;
  const loop = startLoop({
    name: 'runs',
    everyMs: 50,
    log,
    async pass() {
      for (const { id, workflow, state } of await ledger.openGroups()) {
        if (!book.woken.has(id) || workflow === patient) continue;
        if (state === 'collecting' && !(await closes(ledger, id))) continue;
        const files = await ledger.files((await ledger.groupSet(id)).set);
        book.write({ run: id, workflow, uids: files.map(({ sopInstanceUid }) => sopInstanceUid) });
        await ledger.settleGroup(id, null, 'the run succeeded');
      }
      return false;
    },
  });
  return { ended: new Promise<void>(() => {}), stop: () => loop.stop() };
}

async function closes(ledger: Ledger, group: number): Promise<boolean> {
  const run = `run-${group}`;
  if ((await ledger.takeGroup(group, run)) === 'closed') return true;
  const { now, seen, totals } = await ledger.observeGroup(group, 0);
  if (now - (totals.lastAt ?? now) < quietMs) return false;
  return ledger.closeGroup(group, run, seen);
}
