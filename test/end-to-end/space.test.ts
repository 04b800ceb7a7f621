import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { echo, makePhantom, type SendResult, sendFiles } from '../../engine/dicom/index.ts';
import type { Gantry } from './gantry-process.ts';
import { Site } from './site.ts';
import { mountSmallDisk } from './small-disk.ts';
import { until } from './until.ts';

const diskMb = 80;
const reserveMb = 30;
const mb = 1024 * 1024;
const from = { callingAeTitle: 'CT1' };

/** Longer than the guard goes without looking, while the peer's association stays as it is. */
const holdStill = (milliseconds: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** Starts the engine with its instances on a disk of their own; null where there can be none. */
async function startOnSmallDisk(t: TestContext, site: Site, megabytes: number): Promise<Gantry | null> {
  const disk = mountSmallDisk(join(site.data, 'instances'), megabytes);
  let gantry: Gantry | null = null;
  t.after(async () => {
    await gantry?.stop();
    disk?.unmount();
    await site.close();
  });
  if (disk === null) t.skip('NOT TESTED: only root can mount a small disk to fill');
  else gantry = await site.start();
  return gantry;
}

describe('a disk that fills', () => {
  it('stops receiving and jobs, leaves the rest, and all goes on by itself when there is space', async (t) => {
    const site = await Site.open({
      storage: { reserveSpaceGb: (reserveMb * mb) / 1e9 },
      jobs: { compute: { command: ['node', '-e', "require('fs').writeFileSync(process.env.GANTRY_OUTPUT + '/output.json', '{}')"] } },
      workflows: {
        fills: `
workflow: fills
on: { received: { calledAeTitle: FILLS } }
retries:
  once: { attempts: 1 }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: compute, uses: job/submit, with: { job: compute }, retry: once, timeout: 5s }
`,
      },
    });
    const gantry = await startOnSmallDisk(t, site, diskMb);
    if (gantry === null) return;
    const peer = { aeTitle: 'FILLS', ...gantry.dicom };
    const ballast = join(site.data, 'instances', 'ballast');
    const study = await makePhantom({ folder: join(site.folder, 'study'), slices: 20, size: 16 });
    const [small] = (await makePhantom({ folder: join(site.folder, 'small'), slices: 1, size: 16 })).files;
    assert.ok(small);

    // In the middle of an association.
    let first = true;
    const results = await sendFiles(peer, study.files, {
      ...from,
      onResult() {
        if (first) {
          writeFileSync(ballast, Buffer.alloc((diskMb - reserveMb + 5) * mb));
          holdStill(1_500);
        }
        first = false;
      },
    });
    assert.equal(results[0]?.outcome, 'stored');
    const { outcome, status, detail } = results.at(-1) as SendResult;
    assert.deepEqual(
      { outcome, status, detail },
      { outcome: 'refused', status: 0xa700, detail: 'A700 out of resources: free space is below the reserve' },
    );
    const stored = results.filter((result) => result.outcome === 'stored').length;

    // New ones.
    for (let time = 1; time <= 3; time += 1) await assert.rejects(sendFiles(peer, [small], from), /2\/3\/1/);
    assert.ok(await echo(peer, from), 'C-ECHO is answered');

    // The run whose group is complete by now. Its job may take 5 s, and waits longer.
    const workflowId = `fills/FILLS/${study.studyInstanceUid}`;
    const waiting = await gantry.run(
      workflowId,
      ({ steps }) => steps.find(({ id }) => id === 'compute')?.note?.startsWith('waiting for space') === true,
      'waiting for space',
    );
    const compute = waiting.steps.find(({ id }) => id === 'compute');
    assert.deepEqual([compute?.state, compute?.attempts, waiting.instances], ['running', 1, stored]);
    assert.match(compute?.note ?? '', /^waiting for space: 2\d MB free, 31 MB reserved$/);
    const { stdout } = await site.run('runs', 'show', workflowId);
    assert.match(stdout, /waiting for space/);
    holdStill(5_500);
    assert.equal((await (await gantry.runs()).show(workflowId))?.status, 'RUNNING');
    const low = (await site.log()).split('\n').filter((line) => line.includes('free space is below the reserve: nothing is received'));
    assert.equal(low.length, 1, 'said once, whoever was refused');
    assert.match(low[0] ?? '', /"freeGb":0\.0\d,"reservedGb":0\.03/);

    rmSync(ballast);
    const run = await gantry.ended(workflowId);
    assert.equal(run.status, 'COMPLETED');
    assert.equal(run.steps.find(({ id }) => id === 'compute')?.attempts, 1);
    assert.equal((await sendFiles(peer, [small], from))[0]?.outcome, 'stored');
    await until('the log to say so', async () => (await site.log()).includes('there is enough free space again'));
  });

  it('in spite of the guard refuses what does not fit with A700, keeps nothing of it, and takes the next', async (t) => {
    const site = await Site.open({ aeTitles: { ARCHIVE: {} }, workflows: {} });
    const gantry = await startOnSmallDisk(t, site, 6);
    if (gantry === null) return;
    const peer = { aeTitle: 'ARCHIVE', ...gantry.dicom };
    const files = [];
    for (const [name, size] of [
      ['large', 2_048],
      ['small', 16],
    ] as const)
      files.push(...(await makePhantom({ folder: join(site.folder, name), slices: 1, size })).files);
    const results = await sendFiles(peer, files, from);
    assert.deepEqual(
      results.map(({ outcome, status, detail }) => [outcome, status, detail]),
      [
        ['refused', 0xa700, 'A700 out of resources: no space left'],
        ['stored', 0, null],
      ],
    );
    const left = (await site.storedFiles()).filter((file) => !file.endsWith('.dcm'));
    assert.deepEqual(left, [], 'no part of it is left');
  });
});
