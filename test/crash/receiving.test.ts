import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { openLedgerReader } from '../../engine/ledger/index.ts';
import { datasetHash } from '../end-to-end/dataset.ts';
import { loopbackPort } from '../end-to-end/loopback-port.ts';
import { Site } from '../end-to-end/site.ts';
import { until } from '../end-to-end/until.ts';
import { assertAccounted, errorsIn, sentTo } from './accounts.ts';
import { type Differences, differencesFile } from './differences.ts';
import { killsAsked, seed } from './measure.ts';
import { byPlace, type Place, planKills } from './plan.ts';
import { startSenders } from './senders.ts';
import { readBook } from './stand-in-temporal.ts';
import { Victim } from './victim.ts';

const each: readonly Place[] = [
  ...(['written', 'renamed', 'synced', 'recorded', 'answered', 'routed'] as const),
  ...(['dispatched', 'signalled', 'reclaim-deleted', 'reclaimed'] as const),
];
const kills = killsAsked.receiving;

const workflow = (name: string, calledAeTitle: string): string => `
workflow: ${name}
on: { received: { calledAeTitle: ${calledAeTitle} } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout }
`;

describe(`receiving, killed ${kills} times while three peers send`, () => {
  it('has every instance that it answered with Success, in one run of each workflow, and neither a file nor a row too many', async (t) => {
    t.diagnostic(`seed ${seed}`);
    const port = await loopbackPort();
    const site = await Site.open({
      program: resolve(import.meta.dirname, 'receiving-child.ts'),
      dicomPort: port,
      workflows: { kept: workflow('kept', 'KEPT'), short: workflow('short', 'KEPT'), brief: workflow('brief', 'BRIEF') },
    });
    t.after(() => site.close());
    const begun = Date.now();
    const victim = new Victim(site, seed);
    const modalities = startSenders({ folder: site.folder, port, seed, victim, pauseMs: 30 });
    t.after(() => Promise.all(modalities.map((modality) => modality.giveUp())));
    const plan = planKills({ each, atLeast: [...each, ...each], kills, seed });
    const check = async (): Promise<void> => {
      const file = join(site.data, differencesFile);
      const { empty, ...found } = JSON.parse(await readFile(file, 'utf8')) as Differences;
      await rm(file);
      const filesWithoutRow = empty ? [] : found.filesWithoutRow;
      const nothing = { filesWithoutRow: [], rowsWithoutFile: [], leftovers: 0, heldTwice: [] };
      assert.deepEqual({ ...found, filesWithoutRow }, nothing, `after the sweep of the start before ${victim.now}`);
    };
    for (const [index, kill] of plan.entries()) {
      await victim.die(kill, { number: index + 1, of: plan.length, withTemporal: false });
      await check();
    }

    const gantry = await victim.live();
    await check();
    await Promise.all(modalities.map((modality) => modality.finish()));
    await until(`all to be routed, signalled, and let go where nothing holds it, seed ${seed}`, async () => {
      const ledger = await openLedgerReader({ file: join(site.data, 'ledger.db') });
      const [groups, counts] = await Promise.all([ledger.openGroups(), ledger.counts()]).finally(() => ledger.close());
      const files = (await site.storedFiles()).length;
      const open = groups.filter((group) => group.workflow !== 'kept').map(({ workflowId, state }) => `${workflowId} ${state}`);
      if (open.length > 0 || counts.unrouted > 0 || counts.wakeUps > 0 || files !== counts.held)
        throw new Error(`${JSON.stringify(counts)}, ${files} files, open: ${open.join(', ')}`);
      return true;
    });
    assert.equal(await gantry.stop(), 0);
    const last = await victim.live();
    await check();
    assert.equal(await last.stop(), 0);

    const rows = await site.instances();
    const sent = sentTo(modalities);
    t.diagnostic(`${sent.size} instances, ${kills} kills, ${((Date.now() - begun) / 1_000).toFixed(1)} s`);
    t.diagnostic(`kills: ${byPlace(plan)}`);
    assertAccounted(modalities, rows, seed);
    assert.deepEqual(wrongRuns(site.data, rows), [], `seed ${seed}`);
    for (const row of rows.filter(({ state }) => state === 'held')) {
      const file = sent.get(`${row.sopInstanceUid} at ${row.calledAeTitle}`)?.file.path ?? '';
      assert.equal(await datasetHash(site.storedPath(row)), await datasetHash(file), `the bytes of ${row.sopInstanceUid}, seed ${seed}`);
    }
    assert.deepEqual(errorsIn(await site.log()), [], `seed ${seed}`);
  });
});

/** What is wrong with what the runs took; nothing where each claim of a run that is over is one instance of it, and the other way round. */
function wrongRuns(data: string, rows: Awaited<ReturnType<Site['instances']>>): readonly string[] {
  const wrong: string[] = [];
  const runs = new Map<number, { readonly workflow: string; readonly uids: readonly string[] }>();
  for (const entry of readBook(data)) {
    if ('woken' in entry) continue;
    const { run, workflow, uids } = entry;
    const before = runs.get(run);
    if (before !== undefined && before.uids.join() !== uids.join()) wrong.push(`run ${run} took other instances after a restart`);
    if (new Set(uids).size !== uids.length) wrong.push(`run ${run} counts an instance twice`);
    runs.set(run, { workflow, uids });
  }
  const taken = [...runs.values()].flatMap(({ workflow, uids }) => uids.map((uid) => `${uid} by ${workflow}`));
  const claimed = rows.flatMap(({ sopInstanceUid, claims }) =>
    claims.filter(({ state }) => state === 'released').map(({ workflow }) => `${sopInstanceUid} by ${workflow}`),
  );
  const tally = (names: readonly string[]) => Map.groupBy(names, (name) => name);
  const [inRuns, inLedger] = [tally(taken), tally(claimed)];
  for (const name of new Set([...taken, ...claimed])) {
    const [runsOf, claimsOf] = [inRuns.get(name)?.length ?? 0, inLedger.get(name)?.length ?? 0];
    if (runsOf !== claimsOf) wrong.push(`${name}: ${runsOf} runs, ${claimsOf} claims`);
  }
  return wrong;
}
