import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openLedger } from '../../engine/ledger/index.ts';
import { association } from '../ledger/contract/fixture.ts';
import { requirePeer } from '../peers/peers.ts';
import type { Gantry } from './gantry-process.ts';
import { collect, Site } from './site.ts';
import { StoreScp } from './store-scp.ts';
import { until } from './until.ts';

const forward = `
workflow: forward
on: { received: { calledAeTitle: FORWARD } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: out, uses: dicom/export, with: { destinations: [PACS] } }
`;
const hold = `
workflow: hold
on: { received: { calledAeTitle: HOLD } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 20m, limit: 30m } }
`;
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface Study {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUids: readonly string[];
  readonly files: readonly string[];
}

describe('the command line, beside a running engine,', () => {
  let site: Site;
  let gantry: Gantry;
  let pacs: StoreScp;
  let study: Study;
  let workflowId: string;

  before(async () => {
    site = await Site.open({ workflows: { forward, hold } });
    pacs = await StoreScp.make(join(site.folder, 'pacs'));
    await site.configure({ destinations: { PACS: pacs.destination } });
    const dcmtk = requirePeer({ skip() {} }, 'dcmtk');
    if (dcmtk !== null) await pacs.start(dcmtk.storescp, '+B');
    gantry = await site.start();
    study = await site.json<Study>('phantom', join(site.folder, 'study'), '--slices', '3', '--size', '16');
    workflowId = `forward/FORWARD/${study.studyInstanceUid}`;
  });
  after(async () => {
    await site.close();
    await pacs.stop();
  });

  it("shows Temporal's Web UI where its ready line says", async () => {
    const page = await fetch(gantry.uiUrl);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  });

  it('makes a synthetic study: as many slices as asked for, named by their UIDs', async () => {
    assert.equal(study.files.length, 3);
    assert.equal(study.seriesInstanceUids.length, 1);
    assert.deepEqual((await readdir(join(site.folder, 'study'))).length, 3);
    for (const uid of [study.studyInstanceUid, ...study.seriesInstanceUids]) assert.match(uid, /^2\.25\.\d+$/);
  });

  it('sends to the running engine, one result for each file', async () => {
    const results = await site.json<readonly { readonly outcome: string; readonly status: number | null }[]>(
      'send',
      join(site.folder, 'study'),
      '--called',
      'FORWARD',
    );
    assert.deepEqual(
      results.map(({ outcome, status }) => [outcome, status]),
      Array.from({ length: 3 }, () => ['stored', 0]),
    );
    assert.equal((await gantry.ended(workflowId)).status, 'COMPLETED');
  });

  it('sends to a configured destination and to AETITLE@HOST:PORT, and fails where not all is stored', async (t) => {
    if (requirePeer(t, 'dcmtk') === null) return;
    const before = pacs.requests;
    const [first = '', second = ''] = study.files;
    const { port } = pacs.destination;
    for (const [path, to] of [
      [first, 'PACS'],
      [second, `STORESCP@127.0.0.1:${port}`],
    ] as const) {
      const { status, stderr } = await site.run('send', path, '--to', to);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /1 of 1 stored by STORESCP/);
    }
    assert.equal(pacs.requests, before + 2);
    const nobody = await site.run('send', first, '--called', 'NOBODY', '--json');
    assert.equal(nobody.status, 1);
    assert.match(nobody.stderr, /1\/1\/7/);
  });

  it('lists runs and shows one with its steps', async () => {
    const rows = await site.json<readonly Record<string, unknown>[]>('runs', 'list');
    const row = rows.find((each) => each.workflowId === workflowId) ?? {};
    const { runId, startedAt, closedAt, definition, ...rest } = row;
    assert.match(String(runId), /^[0-9a-f-]{36}$/);
    assert.match(String(startedAt), isoTime);
    assert.match(String(closedAt), isoTime);
    assert.match(String(definition), /^[0-9a-f]{12}$/);
    const expected = {
      workflowId,
      workflow: 'forward',
      calledAeTitle: 'FORWARD',
      group: study.studyInstanceUid,
      status: 'COMPLETED',
      stage: 'succeeded',
      instances: 3,
      parked: false,
    };
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(rest[key], value, key);

    const shown = await site.json<Record<string, unknown> & { readonly steps: readonly Record<string, unknown>[] }>(
      'runs',
      'show',
      workflowId,
    );
    for (const [key, value] of Object.entries({ ...expected, runId, startedAt, closedAt, definition }))
      assert.deepEqual(shown[key], value, key);
    assert.deepEqual(
      shown.steps.map(({ id, uses, state, attempts, error }) => ({ id, uses, state, attempts, error })),
      [
        ['study', 'group/by-study'],
        ['all', 'batch/timeout'],
        ['out', 'dicom/export'],
        ['reclaim', 'storage/reclaim'],
      ].map(([id, uses]) => ({ id, uses, state: 'succeeded', attempts: 1, error: null })),
    );
    for (const step of shown.steps) {
      assert.match(String(step.startedAt), isoTime);
      assert.match(String(step.endedAt), isoTime);
      assert.ok('output' in step);
    }
    const { status, stderr } = await site.run('runs', 'show', 'forward/FORWARD/1.2.3');
    assert.equal(status, 1);
    assert.match(stderr, /^GY804 .*\n$/);
  });

  it('lists instances by state and study, and tells their story', async () => {
    const held = await site.json<Study>('phantom', join(site.folder, 'held'), '--slices', '1', '--size', '16');
    await site.json('send', join(site.folder, 'held'), '--called', 'HOLD', '--from', 'CT1');
    const list = (...filter: readonly string[]) => site.json<readonly Record<string, unknown>[]>('instances', 'list', ...filter);
    const [row = {}, ...others] = await list('--study', held.studyInstanceUid);
    assert.equal(others.length, 0);
    const { sopInstanceUid, sizeBytes, receivedAt, claims, ...rest } = row;
    assert.match(String(sopInstanceUid), /^2\.25\.\d+$/);
    assert.ok(Number(sizeBytes) > 500);
    assert.match(String(receivedAt), isoTime);
    assert.deepEqual(claims, [{ workflow: 'hold', workflowId: `hold/HOLD/${held.studyInstanceUid}`, state: 'open' }]);
    assert.deepEqual(rest, {
      seriesInstanceUid: held.seriesInstanceUids[0],
      studyInstanceUid: held.studyInstanceUid,
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      callingAeTitle: 'CT1',
      calledAeTitle: 'HOLD',
      state: 'held',
    });
    assert.deepEqual(
      (await list('--state', 'held')).map((each) => each.sopInstanceUid),
      [sopInstanceUid],
    );
    assert.equal((await list('--called', 'FORWARD')).length, 3);
    assert.equal((await list()).length, 4);

    for (const uid of [sopInstanceUid, held.seriesInstanceUids[0], held.studyInstanceUid].map(String)) {
      const story = await site.json<{ readonly uid: string; readonly events: readonly Record<string, unknown>[] }>('explain', uid);
      assert.equal(story.uid, uid);
      assert.deepEqual(
        story.events.slice(0, 2).map(({ what }) => what),
        ['received', 'claimed'],
      );
      for (const event of story.events) {
        assert.deepEqual(Object.keys(event).toSorted(), ['at', 'what', 'why']);
        assert.match(String(event.at), isoTime);
      }
    }
    const unknown = await site.run('explain', '1.2.3');
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /^GY805 .*\n$/);
  });

  it('lists associations: who sent what, and how it ended', async () => {
    const list = (...filter: readonly string[]) => site.json<readonly Record<string, unknown>[]>('associations', 'list', ...filter);
    await until('the association to have ended', async () => (await list('--called', 'HOLD'))[0]?.how === 'released');
    const [held = {}, ...others] = await list('--called', 'HOLD', '--since', '1h');
    assert.equal(others.length, 0);
    const { id, openedAt, closedAt, sizeBytes, acceptedContexts, implementation, ...rest } = held;
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.match(String(openedAt), isoTime);
    assert.match(String(closedAt), isoTime);
    assert.ok(Number(sizeBytes) > 500);
    assert.ok(Number(acceptedContexts) >= 1);
    assert.match(String((implementation as { readonly classUid: string }).classUid), /^[0-9.]+$/);
    assert.deepEqual(rest, {
      ...{ callingAeTitle: 'CT1', calledAeTitle: 'HOLD', peer: '127.0.0.1', how: 'released', times: 1, why: null },
      ...{ stored: 1, failed: 0, statuses: { '0000': 1 }, refusedContexts: [], tls: null },
    });
    const [image] = await site.instances({ calledAeTitle: 'HOLD' });
    const { events } = await site.json<{ readonly events: readonly { readonly why: string }[] }>('explain', image?.sopInstanceUid ?? '');
    assert.match(events[0]?.why ?? '', /^from CT1 \(127\.0\.0\.1\) for HOLD, \d+ bytes, association [0-9a-f-]{36} \(released\)$/);

    assert.equal((await site.run('send', join(site.folder, 'held'), '--called', 'NOWHERE', '--from', 'CT2')).status, 1);
    const [rejected = {}] = await until('the rejection to be recorded', async () => {
      const rows = await list('--calling', 'CT2', '--how', 'rejected');
      return rows.length > 0 ? rows : null;
    });
    assert.deepEqual([rejected.how, rejected.calledAeTitle, rejected.times], ['rejected', 'NOWHERE', 1]);
    assert.match(String(rejected.why), /^1\/1\/7 /);
  });

  it('examines itself: every check with its finding', async () => {
    const findings = await site.json<readonly { readonly check: string; readonly ok: boolean; readonly detail: string }[]>('doctor');
    assert.deepEqual(
      findings.filter(({ ok }) => !ok),
      [],
    );
    const checks = Object.fromEntries(findings.map(({ check, detail }) => [check, detail]));
    assert.match(checks.engine ?? '', new RegExp(`process ${gantry.pid} `));
    assert.match(checks.workflows ?? '', /^2 in /);
    assert.match(checks.ledger ?? '', /held/);
  });
});

describe('the command line, with nothing running,', () => {
  let site: Site;

  before(async () => {
    site = await Site.open({ workflows: { hold } });
  });
  after(() => site.close());

  it('names every command in its help', async () => {
    const { status, stdout } = await collect(site.bare(['--help']));
    assert.equal(status, 0);
    for (const command of ['dev', 'validate', 'send', 'phantom', 'runs', 'instances', 'associations', 'explain', 'doctor', 'demo'])
      assert.match(stdout, new RegExp(`^  ${command}\\b`, 'm'));
  });

  it('tells of associations in a table, with nothing of a peer unescaped', async () => {
    const ledger = await openLedger({ file: join(site.data, 'ledger.db') });
    const now = Date.now();
    const ended = { how: 'aborted', stored: 12, failed: 4, sizeBytes: 6_300_000, why: 'by the peer: source 0, reason 0' } as const;
    const statuses = new Map([
      [0x0000, 11],
      [0xb000, 1],
      [0xa700, 3],
      [0x0110, 1],
    ]);
    await ledger.associationOpened(association({ id: 'a', openedAt: now - 5_000 }));
    await ledger.associationClosed('a', { ...ended, statuses, closedAt: now - 2_500 });
    await ledger.associationOpened(
      association({
        id: 'b',
        callingAeTitle: 'MR\u001b[2J1',
        openedAt: now - 4_000,
        refusedContexts: [{ abstractSyntaxUid: '1.2', result: 3 }],
      }),
    );
    const rejection = { callingAeTitle: 'CT2', calledAeTitle: 'LUNG', peer: '10.1.2.4', code: '2/3/2', why: 'too many associations' };
    await ledger.associationsRejected([{ ...rejection, at: now - 3_000, times: 12 }]);
    await ledger.associationOpened(association({ id: 'old', openedAt: now - 9 * 3_600_000 }));
    await ledger.associationClosed('old', { ...ended, statuses: new Map(), closedAt: now - 8 * 3_600_000 });
    await ledger.close();

    const { status, stdout, stderr } = await site.run('associations', 'list', '--since', '2h');
    assert.equal(status, 0, stderr);
    const [header, ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    assert.deepEqual(header, ['STARTED', 'FROM', 'TO', 'ENDED', 'DURATION', 'STORED', 'FAILED', 'SIZE', 'WHY']);
    assert.deepEqual(
      rows.map(([, ...cells]) => cells),
      [
        ['CT2@10.1.2.4', 'LUNG', 'rejected ×12', '0 ms', '2/3/2 too many associations'],
        ['MR1@127.0.0.1', 'LUNG', 'open', rows[1]?.[4] ?? '', '0', '0', '0 B', 'refused contexts: 1 (--json shows them)'],
        ['CT1@127.0.0.1', 'LUNG', 'aborted', '2 s', '12', '4 (A700×3, 0110×1)', '6.3 MB', 'by the peer: source 0, reason 0'],
      ],
    );
    assert.ok(!stdout.includes('\u001b'));
    const ids = async (...filter: readonly string[]) =>
      (await site.json<readonly { readonly id: string }[]>('associations', 'list', ...filter)).map(({ id }) => id);
    assert.deepEqual(await ids('--limit', '1', '--how', 'aborted'), ['a']);
    assert.deepEqual(await ids('--how', 'aborted'), ['a', 'old']);
    assert.deepEqual(await ids('--peer', '10.1.2.4'), ['']);
    for (const wrong of [
      ['--since', 'yesterday'],
      ['--limit', '0'],
      ['--how', 'well'],
      ['--open', '--how', 'lost'],
    ])
      assert.equal((await site.run('associations', 'list', ...wrong)).status, 1, wrong.join(' '));
    assert.match(
      (await site.run('associations', 'list', '--since', 'yesterday')).stderr,
      /^GY810 --since: "yesterday" is not a duration.*\n$/,
    );
  });

  it('finds all is well in good files', async () => {
    assert.deepEqual(await site.json('validate'), []);
    const findings = await site.json<readonly { readonly ok: boolean }[]>('doctor');
    assert.ok(findings.length >= 5 && findings.every(({ ok }) => ok));
  });

  it('tells every problem of all files in one run, with place, code and caret, and ends with status 1', async () => {
    const first = join(site.workflowsFolder, 'first.yaml');
    const second = join(site.workflowsFolder, 'second.yaml');
    await writeFile(first, hold.replace('hold', 'first').replace('quiet: 20m', 'quite: 20m').replace('id: all', 'id: study'));
    await writeFile(second, `${forward}  - { uses: job/submit, with: { job: absent } }\nlat: next\n`);
    const { status, stdout } = await site.run('validate', '--json');
    assert.equal(status, 1);
    const problems = JSON.parse(stdout) as readonly Record<string, unknown>[];
    const seen = problems.map(({ file, line, message }) => `${String(file).split('/').at(-1)}:${line} ${message}`);
    for (const expected of [
      /^first\.yaml:6 .*"quite"/,
      /^first\.yaml:6 .*study/,
      /^second\.yaml:7 .*PACS/,
      /^second\.yaml:8 .*absent/,
      /^second\.yaml:9 .*"lat"/,
    ])
      assert.ok(
        seen.some((problem) => expected.test(problem)),
        `${expected} among ${seen.join(' | ')}`,
      );
    for (const problem of problems)
      assert.deepEqual(Object.keys(problem).toSorted(), ['code', 'column', 'file', 'hint', 'length', 'line', 'message', 'severity']);

    const told = await site.run('validate', first);
    assert.equal(told.status, 1);
    assert.match(told.stdout, /first\.yaml:6:\d+ {2}GY2\d\d unknown option "quite".*\n(.*\n)* >\s+6 \|.*quite.*\n.*\^{5} .*"quiet"/);
    await Promise.all([site.removeWorkflow('first'), site.removeWorkflow('second')]);
  });

  it('tells every problem of the configuration, and the engine does not start on it', async () => {
    const broken = join(site.folder, 'broken.yaml');
    await writeFile(
      broken,
      'dicom:\n  prot: 104\n  aeTitle: MUCH_TOO_LONG_A_TITLE\njobs:\n  one: { backend: proces, command: [node] }\n  two: { backend: process, comand: [node] }\n',
    );
    const { status, stdout } = await collect(site.command(['validate', '--json'], { config: broken }));
    assert.equal(status, 1);
    const problems = JSON.parse(stdout) as readonly { readonly line: number; readonly code: string }[];
    assert.deepEqual([...new Set(problems.map(({ line }) => line))], [2, 3, 5, 6]);
    const dev = await collect(site.command(['dev'], { config: broken }));
    assert.equal(dev.status, 1);
    assert.match(dev.stderr, /broken\.yaml:2:3 .*"prot"/);
    assert.match(dev.stderr, /broken\.yaml:6:\d+ .*"comand"/);
    assert.match(dev.stderr, /GY808 [^\n]*\n$/);
  });

  it('says which command was meant', async () => {
    const { status, stderr } = await site.run('valdate');
    assert.notEqual(status, 0);
    assert.match(stderr, /Did you mean validate\?/);
  });
});
