import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { openLedgerReader } from '../../engine/ledger/index.ts';
import { datasetHash } from '../end-to-end/dataset.ts';
import type { Gantry } from '../end-to-end/gantry-process.ts';
import { loopbackPort } from '../end-to-end/loopback-port.ts';
import { Site } from '../end-to-end/site.ts';
import { StoreScp } from '../end-to-end/store-scp.ts';
import { until } from '../end-to-end/until.ts';
import { requirePeer } from '../peers/peers.ts';
import { assertAccounted, errorsIn, sentTo } from './accounts.ts';
import { killsAsked, seed } from './measure.ts';
import { byPlace, type Place, planKills } from './plan.ts';
import { startSenders } from './senders.ts';
import { Victim } from './victim.ts';

const each: readonly Place[] = ['batch-closed', 'step-done', 'dispatched', 'signalled', 'reclaim-deleted', 'reclaimed', 'answered'];
/** The others have had their kills in receiving.test.ts. */
const atLeast: readonly Place[] = ['batch-closed', 'batch-closed', 'step-done', 'step-done', 'dispatched', 'signalled'];
const kills = killsAsked.engine;

/** Two for one AE title, one for another; `kept` waits until all is sent, and so holds all that comes to its AE title. */
const workflows = { kept: ['KEPT', '1h'], short: ['KEPT', '1s'], brief: ['BRIEF', '1s'] } as const;
type Name = keyof typeof workflows;
const names = Object.keys(workflows) as Name[];

/**
 * A Workflow Task that a killed worker had taken is given out again when its time of 10 s is over, and after each such failure the server
 * waits longer. On a loaded machine that adds up.
 */
const settlingMs = 300_000;

const yaml = (name: Name): string => `
workflow: ${name}
on: { received: { calledAeTitle: ${workflows[name][0]} } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: ${workflows[name][1]}, limit: 1h } }
  - { id: out, uses: dicom/export, with: { destinations: [${name.toUpperCase()}], associations: 1 } }
`;

describe(`an engine, killed ${kills} times while three peers send`, () => {
  it('takes every instance that it answered with Success through one run of each workflow, to its destination and out of storage', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    t.diagnostic(`seed ${seed}`);
    const port = await loopbackPort();
    const site = await Site.open({
      program: resolve(import.meta.dirname, 'engine-child.ts'),
      workflows: Object.fromEntries(names.map((name) => [name, yaml(name)])),
    });
    t.after(() => site.close());
    const archives = new Map(await Promise.all(names.map(async (name) => [name, await StoreScp.make(join(site.folder, name))] as const)));
    t.after(() => Promise.all([...archives.values()].map((archive) => archive.stop())));
    await Promise.all([...archives.values()].map((archive) => archive.start(dcmtk.storescp, '+B')));
    const destinations = Object.fromEntries([...archives].map(([name, { destination }]) => [name.toUpperCase(), destination]));
    await site.configure({ dicomPort: port, destinations });
    const ledger = async () => {
      const reader = await openLedgerReader({ file: join(site.data, 'ledger.db') });
      return Promise.all([reader.openGroups(), reader.counts()]).finally(() => reader.close());
    };

    const begun = Date.now();
    const victim = new Victim(site, seed);
    const modalities = startSenders({ folder: site.folder, port, seed, victim, pauseMs: 1_200 });
    t.after(() => Promise.all(modalities.map((modality) => modality.giveUp())));
    const plan = planKills({ each, atLeast, kills, seed });
    for (const [index, kill] of plan.entries()) {
      await receiveInThreads(site.configFile, index % 3 === 0 ? 2 : 1);
      await victim.die(kill, { number: index + 1, of: plan.length, withTemporal: index % 4 === 1 });
    }
    const gantry = await victim.live();
    await Promise.all(modalities.map((modality) => modality.finish()));

    await until(
      `only what "kept" holds to be left, seed ${seed}`,
      async () => {
        const [groups, { held, unrouted, wakeUps }] = await ledger();
        const files = (await site.storedFiles()).length;
        const open = groups.filter(({ workflow, runId }) => workflow !== 'kept' || runId === null);
        if (open.length > 0 || unrouted > 0 || wakeUps > 0 || files !== held)
          throw new Error(`${held} held, ${files} files, ${unrouted} unrouted, ${wakeUps} wake-ups, open: ${await inWords(gantry, open)}`);
        return true;
      },
      settlingMs,
    );
    const holding = await site.instances({ state: 'held' });
    assert.deepEqual((await site.storedFiles()).toSorted(), holding.map((row) => site.storedPath(row)).toSorted(), `seed ${seed}`);

    const [open] = await ledger();
    for (const { workflowId } of open) await completeNow(gantry, workflowId);
    await until(
      `all to be let go, seed ${seed}`,
      async () => {
        const [groups] = await ledger();
        const files = (await site.storedFiles()).length;
        if (groups.length > 0 || files > 0) throw new Error(`${files} files, open: ${await inWords(gantry, groups)}`);
        return true;
      },
      settlingMs,
    );

    const rows = await site.instances();
    const sent = sentTo(modalities);
    t.diagnostic(`${sent.size} instances, ${kills} kills, ${((Date.now() - begun) / 1_000).toFixed(1)} s`);
    t.diagnostic(`kills: ${byPlace(plan)}`);
    assertAccounted(modalities, rows, seed);
    assert.deepEqual(
      rows.filter(({ state }) => state !== 'reclaimed').map(({ sopInstanceUid }) => sopInstanceUid),
      [],
      `seed ${seed}`,
    );

    for (const name of names) {
      const claims = rows.filter((row) => row.claims.some((claim) => claim.workflow === name));
      // Temporal's list is a moment behind what has happened.
      await until(`the runs of "${name}" to count ${claims.length} instances, seed ${seed}`, async () => {
        const runs = await (await gantry.runs()).list({ workflow: name });
        const counted = runs.reduce((sum, { instances }) => sum + instances, 0);
        assert.equal(counted, claims.length, `in ${runs.length} runs: ${JSON.stringify(tally(runs.map(({ status }) => status)))}`);
        return runs.every(({ status }) => status === 'COMPLETED' || status === 'CONTINUED_AS_NEW');
      });
      // storescp names a file by modality and SOP Instance UID: one that comes again is written over.
      const arrived = new Map((await archives.get(name)?.files())?.map((path) => [basename(path).replace(/^CT\./, ''), path]));
      const wanted = [...sent.values()].filter(({ calledAeTitle }) => calledAeTitle === workflows[name][0]);
      const missing = wanted.filter(({ file }) => !arrived.has(file.sopInstanceUid));
      assert.deepEqual(
        missing.map(({ file, during }) => `${file.sopInstanceUid}, acknowledged during ${during}`),
        [],
        name,
      );
      assert.equal(arrived.size, wanted.length, name);
      for (const { file } of wanted)
        assert.equal(await datasetHash(arrived.get(file.sopInstanceUid) ?? ''), await datasetHash(file.path), file.sopInstanceUid);
    }
    assert.deepEqual(errorsIn(await site.log()), [], `seed ${seed}`);
    assert.equal(await gantry.stop(), 0);
  });
});

/** With several, the places of an instance before its routing are in none of them: those are for receiving.test.ts. */
async function receiveInThreads(configFile: string, threads: number): Promise<void> {
  const config = JSON.parse(await readFile(configFile, 'utf8'));
  config.dicom.threads = threads;
  await writeFile(configFile, JSON.stringify(config));
}

/** Groups, and how the run of the first stands, for who has to find out why they are still open. */
async function inWords(gantry: Gantry, groups: readonly { readonly workflowId: string; readonly state: string }[]): Promise<string> {
  const [first] = groups;
  const run = first === undefined ? null : await (await gantry.runs()).show(first.workflowId);
  return `${groups.map(({ workflowId, state }) => `${workflowId} ${state}`).join(', ')}: ${JSON.stringify(run)}`;
}

const completeNow = (gantry: Gantry, workflowId: string): Promise<true> =>
  until(`${workflowId} to be signalled`, async () => {
    await (await gantry.runs()).signal(workflowId, 'complete-now', { reason: 'the test has sent all' });
    return true as const;
  });

const tally = (words: readonly string[]) =>
  Object.fromEntries(Object.entries(Object.groupBy(words, (word) => word)).map(([word, all]) => [word, all?.length]));
