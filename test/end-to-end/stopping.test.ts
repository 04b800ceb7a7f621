import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { makePhantom, type Phantom, sendFiles } from '../../engine/dicom/index.ts';
import { openLedger } from '../../engine/ledger/index.ts';
import { peerEnvironment, requirePeer } from '../peers/peers.ts';
import type { Gantry } from './gantry-process.ts';
import { gateJob, openGate } from './gate-job.ts';
import { processesNaming } from './process-tree.ts';
import { collect, Site } from './site.ts';
import { until } from './until.ts';

const workflow = (name: string, quiet: string, ...then: readonly string[]): string => `
workflow: ${name}
on: { received: { calledAeTitle: ${name.toUpperCase()} } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: ${quiet}, limit: 30m } }
${then.map((step) => `  - ${step}`).join('\n')}
`;
const collects = workflow('collects', '20m');

/** `gantry dev` must end by itself, without a ready line, and say why in one line beside its log. */
async function refused(site: Site, data = site.data): Promise<string> {
  const child = site.command(['dev'], { data });
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const { status, stdout, stderr } = await collect(child).finally(() => clearTimeout(timer));
  assert.equal(status, 1, stderr);
  assert.equal(stdout, '');
  const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{"level":'));
  assert.equal(said.length, 1, stderr);
  assert.match(said[0] ?? '', /^GY\d{3} /);
  return said[0] ?? '';
}

describe('an engine with a transfer and a job under way', () => {
  let site: Site;
  let gantry: Gantry;
  let worked: Phantom;
  let collected: Phantom;

  before(async () => {
    site = await Site.open({
      jobs: { gate: gateJob },
      workflows: {
        collects,
        works: workflow('works', '1s', '{ id: held, uses: job/submit, with: { job: gate, parameters: { gate: open } } }'),
      },
    });
    worked = await makePhantom({ folder: join(site.folder, 'worked'), slices: 2, size: 16 });
    collected = await makePhantom({ folder: join(site.folder, 'collected'), slices: 100, size: 16 });
    gantry = await site.start();
    await sendFiles({ aeTitle: 'WORKS', ...gantry.dicom }, worked.files, { callingAeTitle: 'CT1' });
    await until('the job to run', jobRuns);
  });
  after(() => site.close());

  const jobRuns = async () => (await processesNaming(join(site.data, 'jobs'))).length > 0;
  const collectedRows = () => site.instances({ studyInstanceUid: collected.studyInstanceUid });

  it('keeps a second one off its data folder', async () => {
    const said = await refused(site);
    assert.match(said, /^GY505 /);
    assert.ok(said.includes(site.data) && said.includes(String(gantry.pid)), said);
    assert.equal((await site.run('runs', 'list')).status, 0, 'commands still find the first');
  });

  it('ends at SIGTERM with status 0; nothing that it started is left running, and what it acknowledged is there', async (t) => {
    const python = requirePeer(t, 'pynetdicom');
    if (python === null) return;
    const { host, port } = gantry.dicom;
    const args = [host, String(port), 'COLLECTS', join(site.folder, 'collected'), '60'];
    const transfer = collect(
      spawn(python.python, [resolve(import.meta.dirname, 'paced-sender.py'), ...args], {
        env: peerEnvironment,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    await until('some of it to be there', async () => (await collectedRows()).length >= 5);
    const begun = Date.now();
    assert.equal(await gantry.stop(), 0);
    t.diagnostic(`ended after ${((Date.now() - begun) / 1_000).toFixed(1)} s`);
    assert.deepEqual(await processesNaming(site.data), []);
    assert.ok(!existsSync(join(site.data, 'engine.json')));

    const acknowledged = Number((await transfer).stdout);
    assert.ok(acknowledged >= 5 && acknowledged < 100, `${acknowledged} were acknowledged`);
    assert.equal((await collectedRows()).length, acknowledged);
    const listed = await site.json<readonly { readonly studyInstanceUid: string }[]>('instances', 'list');
    assert.equal(listed.filter(({ studyInstanceUid }) => studyInstanceUid === collected.studyInstanceUid).length, acknowledged);
    const runs = await site.run('runs', 'list');
    assert.deepEqual({ status: runs.status, stdout: runs.stdout }, { status: 1, stdout: '' });
    assert.match(runs.stderr, /^GY802 no engine is running on [^\n]+\n$/);
  });

  it('runs the job again when it is started again, and the runs complete', async () => {
    gantry = await site.start();
    await until('the job to run again', jobRuns);
    await sendFiles({ aeTitle: 'COLLECTS', ...gantry.dicom }, collected.files, { callingAeTitle: 'MODALITY' });
    const [works, collecting] = [`works/WORKS/${worked.studyInstanceUid}`, `collects/COLLECTS/${collected.studyInstanceUid}`];
    await gantry.complete(collecting, 100);
    await openGate(site, 'open');
    for (const [id, count] of [[works, 2] as const, [collecting, 100] as const]) {
      const { status, instances } = await gantry.ended(id);
      assert.deepEqual({ status, instances }, { status: 'COMPLETED', instances: count });
    }
  });
});

describe('an engine that cannot start says why in one line, and leaves nothing running', { concurrency: true }, () => {
  it('on a DICOM port that is taken', async (t) => {
    const site = await Site.open({ workflows: { collects } });
    t.after(() => site.close());
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await site.configure({ dicomPort: port });
    const said = await refused(site);
    assert.ok(said.includes(`127.0.0.1:${port}`), said);
    assert.deepEqual(await processesNaming(site.data), []);
  });

  it('on a data folder that cannot be written to', async (t) => {
    const site = await Site.open({ workflows: { collects } });
    t.after(() => site.close());
    const file = join(site.folder, 'a-file');
    await writeFile(file, '');
    for (const data of [file, join(file, 'below'), '/sys/gantry']) {
      const said = await refused(site, data);
      assert.match(said, /^GY504 /);
      assert.ok(said.includes(data), said);
    }
  });

  it('on a ledger of another version, and on one that is none', async (t) => {
    const site = await Site.open({ workflows: { collects } });
    t.after(() => site.close());
    await mkdir(site.data);
    const file = join(site.data, 'ledger.db');
    await (await openLedger({ file })).close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 999');
    database.close();
    assert.match(await refused(site), /^GY411 /);
    await writeFile(file, 'no database, but long enough that it could be taken for one'.repeat(100));
    assert.match(await refused(site), /^GY412 /);
  });

  it("on a Temporal database of another server's version", async (t) => {
    const site = await Site.open({ workflows: { collects } });
    t.after(() => site.close());
    await mkdir(site.data);
    await writeFile(join(site.data, 'temporal-1.20.0.db'), 'x');
    assert.match(await refused(site), /^GY506 .*1\.20\.0/);
    assert.deepEqual(await processesNaming(site.data), []);
  });
});
