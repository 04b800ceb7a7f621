import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makePhantom, type Phantom, sendFiles } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import type { Gantry } from './gantry-process.ts';
import { dcmtkSend } from './senders.ts';
import { Site } from './site.ts';
import { until } from './until.ts';

const workflow = (name: string, ...then: readonly string[]): string => `
workflow: ${name}
on: { received: { calledAeTitle: ${name.toUpperCase()} } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 20m, limit: 30m } }
${then.map((step) => `  - ${step}`).join('\n')}
`;
const counting = (id: string): string => `{ id: ${id}, uses: job/submit, with: { job: count } }`;

/** From a file's change to its effect. */
const promisedMs = 5_000;

interface LogLine {
  readonly time: string;
  readonly msg: string;
  readonly workflows?: string;
  readonly problems?: number;
  readonly code?: string;
  readonly place?: string;
}

describe('workflow files, while the engine runs,', () => {
  let site: Site;
  let gantry: Gantry;
  /** One whose run began with the first definition of `alpha`. */
  let old: Phantom;

  before(async () => {
    site = await Site.open({
      jobs: { count: { command: ['node', '--version'] } },
      workflows: { alpha: workflow('alpha', counting('one')) },
    });
    gantry = await site.start();
    old = await study('old');
    await send('ALPHA', old.files.slice(0, 1));
    await gantry.run(idOf('alpha', old), ({ stage }) => stage === 'collecting', 'collecting');
  });
  after(() => site.close());

  const study = (name: string): Promise<Phantom> => makePhantom({ folder: join(site.folder, name), slices: 2, size: 16 });
  const idOf = (name: string, { studyInstanceUid }: Phantom): string => `${name}/${name.toUpperCase()}/${studyInstanceUid}`;
  const send = async (calledAeTitle: string, files: Phantom['files']): Promise<void> => {
    const results = await sendFiles({ aeTitle: calledAeTitle, ...gantry.dicom }, files, { callingAeTitle: 'CT1' });
    assert.ok(results.every(({ outcome }) => outcome === 'stored'));
  };
  const stepsOf = async (workflowId: string) => (await gantry.ended(workflowId)).steps.map(({ id, state }) => `${id} ${state}`);
  const lines = async (): Promise<readonly LogLine[]> =>
    (await site.log())
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);

  /** Makes a change, and waits until the engine says that it has taken effect. Answers what it said of it. */
  async function change(
    act: () => Promise<void>,
  ): Promise<{ readonly inForce: string; readonly problems: number; readonly said: readonly LogLine[] }> {
    const before = (await lines()).length;
    const changedAt = Date.now();
    await act();
    const said = await until('the change to take effect', async () => {
      const since = (await lines()).slice(before);
      return since.some(({ msg }) => msg === 'workflows in force') ? since : null;
    });
    const effect = said.find(({ msg }) => msg === 'workflows in force');
    const tookMs = Date.parse(effect?.time ?? '') - changedAt;
    assert.ok(tookMs <= promisedMs, `it took ${tookMs} ms`);
    return { inForce: effect?.workflows ?? '', problems: effect?.problems ?? -1, said };
  }
  const hashOf = (inForce: string, name: string): string | undefined => new RegExp(`\\b${name} \\(([0-9a-f]{12})\\)`).exec(inForce)?.[1];

  let good = '';

  it('that are added take instances within 5 s', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const fresh = await study('added');
    const [path = ''] = fresh.files.map((file) => file.path);
    const early = await dcmtkSend(dcmtk.storescu, gantry, { to: 'BETA' }, path);
    assert.match(early.stderr, /Called AE Title Not Recognized/);
    const { inForce, problems } = await change(() => site.writeWorkflow('beta', workflow('beta')));
    assert.ok(hashOf(inForce, 'alpha') && hashOf(inForce, 'beta') && problems === 0, inForce);
    const { status, stderr } = await dcmtkSend(dcmtk.storescu, gantry, { to: 'BETA' }, path);
    assert.equal(status, 0, stderr);
    await gantry.complete(idOf('beta', fresh), 1);
    assert.equal((await gantry.ended(idOf('beta', fresh))).status, 'COMPLETED');
  });

  it('that are changed count for new runs; one that has begun keeps the definition that it began with', async () => {
    const { inForce } = await change(() => site.writeWorkflow('alpha', workflow('alpha', counting('one'), counting('two'))));
    good = hashOf(inForce, 'alpha') ?? '';
    const fresh = await study('changed');
    await send('ALPHA', fresh.files);
    await send('ALPHA', old.files.slice(1));
    await Promise.all([gantry.complete(idOf('alpha', fresh), 2), gantry.complete(idOf('alpha', old), 2)]);
    const steps = ['study succeeded', 'all succeeded', 'one succeeded'];
    assert.deepEqual(await stepsOf(idOf('alpha', old)), [...steps, 'reclaim succeeded']);
    assert.deepEqual(await stepsOf(idOf('alpha', fresh)), [...steps, 'two succeeded', 'reclaim succeeded']);
    const rows = await site.json<readonly { readonly workflowId: string; readonly definition: string }[]>(
      'runs',
      'list',
      '--workflow',
      'alpha',
    );
    const definitions = Object.fromEntries(rows.map(({ workflowId, definition }) => [workflowId, definition]));
    assert.equal(definitions[idOf('alpha', fresh)], good);
    assert.notEqual(definitions[idOf('alpha', old)], good);
  });

  it('that are broken say so, and their last good version stays', async () => {
    const { inForce, problems, said } = await change(() => site.writeWorkflow('alpha', workflow('alpha', '{ id: one, uses: job/sumbit }')));
    assert.equal(hashOf(inForce, 'alpha'), good);
    assert.ok(problems > 0);
    const complaint = said.find(({ code }) => code?.startsWith('GY2'));
    assert.match(complaint?.place ?? '', /workflows\/alpha\.yaml:7:\d+$/);
    assert.match(complaint?.msg ?? '', /job\/sumbit/);
    assert.ok(said.some(({ msg }) => msg === 'its last good version stays in force'));
    const fresh = await study('broken');
    await send('ALPHA', fresh.files);
    await gantry.complete(idOf('alpha', fresh), 2);
    const run = await gantry.ended(idOf('alpha', fresh));
    assert.deepEqual({ status: run.status, definition: run.definition }, { status: 'COMPLETED', definition: good });
  });

  it('that are removed take nothing any more, and their runs go on to their end', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const fresh = await study('removed');
    await send('ALPHA', fresh.files.slice(0, 1));
    await gantry.run(idOf('alpha', fresh), ({ stage }) => stage === 'collecting', 'collecting');
    const { inForce, problems } = await change(() => site.removeWorkflow('alpha'));
    assert.ok(hashOf(inForce, 'alpha') === undefined && hashOf(inForce, 'beta') && problems === 0, inForce);
    const [, path = ''] = fresh.files.map((file) => file.path);
    const { stderr } = await dcmtkSend(dcmtk.storescu, gantry, { to: 'ALPHA' }, path);
    assert.match(stderr, /Called AE Title Not Recognized/);
    await gantry.complete(idOf('alpha', fresh), 1);
    assert.equal((await gantry.ended(idOf('alpha', fresh))).status, 'COMPLETED');
  });
});
