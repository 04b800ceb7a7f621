import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makePhantom, type OutgoingFile, sendFiles } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { FickleScp } from './fickle-scp.ts';
import type { Gantry, Run } from './gantry-process.ts';
import { Site } from './site.ts';
import { StoreScp } from './store-scp.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

const jpegLossless = '1.2.840.10008.1.2.4.70';

const workflow = (name: string, destinations: readonly string[], more = ''): string => `
workflow: ${name}
on: { received: { calledAeTitle: ${name.toUpperCase()} } }
retries:
  soon: { attempts: 30, backoff: { initial: 1s, factor: 1 }, exhausted: fail }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: out, uses: dicom/export, with: { destinations: [${destinations.join(', ')}]${more} }, retry: soon }
`;

interface ExportOutput {
  readonly delivered: number;
  readonly failed: number;
  readonly warnings: number;
  readonly destinations: Readonly<
    Record<string, { readonly delivered: number; readonly warnings: number; readonly failed: Readonly<Record<string, string>> }>
  >;
}

describe('an export', { concurrency: true }, () => {
  let site: Site;
  let gantry: Gantry;
  let folder: string;
  // Uncompressed transfer syntaxes only; the others take what they are offered.
  let plain: StoreScp;
  let open: StoreScp;
  let late: StoreScp;
  let dying: StoreScp;
  let refusing: StoreScp;
  let busy: FickleScp;
  let warning: FickleScp;

  before(async () => {
    folder = await temporaryFolder();
    const scp = (name: string) => StoreScp.make(join(folder, name));
    [plain, open, late, dying, refusing] = await Promise.all([scp('plain'), scp('open'), scp('late'), scp('dying'), scp('refusing')]);
    [busy, warning] = await Promise.all([FickleScp.make(), FickleScp.make()]);
    site = await Site.open({
      destinations: {
        PLAIN: plain.destination,
        OPEN: open.destination,
        LATE: late.destination,
        DYING: dying.destination,
        REFUSING: refusing.destination,
        BUSY: busy.destination,
        WARNING: warning.destination,
      },
      workflows: {
        partly: workflow('partly', ['PLAIN']),
        both: workflow('both', ['OPEN', 'LATE']),
        dying: workflow('dying', ['DYING'], ', associations: 1'),
        refused: workflow('refused', ['REFUSING']),
        busy: workflow('busy', ['BUSY']),
        warned: workflow('warned', ['WARNING']),
      },
    });
    gantry = await site.start();
  });
  after(async () => {
    await site.close();
    await Promise.all([plain, open, late, dying, refusing, busy, warning].map((peer) => peer.stop()));
    await removeFolder(folder);
  });

  /** Sends a study and answers its run's Workflow Id. The first `compressed` of its slices are JPEG lossless. */
  async function submit(name: string, slices: number, compress?: { readonly program: string; readonly slices: number }) {
    const { studyInstanceUid, files } = await makePhantom({ folder: join(folder, `study-${name}`), slices, size: 32 });
    const outgoing: OutgoingFile[] = [];
    for (const [index, file] of files.entries()) {
      if (compress === undefined || index >= compress.slices) outgoing.push(file);
      else {
        await promisify(execFile)(compress.program, [file.path, `${file.path}.jpeg`]);
        await rename(`${file.path}.jpeg`, file.path);
        outgoing.push({ ...file, transferSyntaxUid: jpegLossless });
      }
    }
    const [workflowName = ''] = name.split('-');
    const calledAeTitle = workflowName.toUpperCase();
    const results = await sendFiles({ aeTitle: calledAeTitle, ...gantry.dicom }, outgoing, { callingAeTitle: 'CT1' });
    assert.ok(results.every(({ outcome }) => outcome === 'stored'));
    return { workflowId: `${workflowName}/${calledAeTitle}/${studyInstanceUid}`, uids: files.map(({ sopInstanceUid }) => sopInstanceUid) };
  }
  const exported = (run: Run) => {
    const step = run.steps.find(({ id }) => id === 'out');
    assert.ok(step);
    return { ...step, output: step.output as ExportOutput | null };
  };

  it('of which half fails succeeds, and says of each file why it did not arrive', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    await plain.start(dcmtk.storescp, '+B');
    const { workflowId, uids } = await submit('partly-half', 4, { program: dcmtk.dcmcjpeg, slices: 2 });
    const run = await gantry.ended(workflowId);
    const { attempts, output } = exported(run);
    assert.deepEqual({ status: run.status, attempts }, { status: 'COMPLETED', attempts: 1 });
    const why = Object.values(output?.destinations.PLAIN?.failed ?? {});
    assert.deepEqual(output, {
      ...{ delivered: 2, failed: 2, warnings: 0 },
      destinations: { PLAIN: { delivered: 2, warnings: 0, failed: Object.fromEntries(uids.slice(0, 2).map((uid) => [uid, why[0]])) } },
    });
    assert.match(why[0] ?? '', /^transfer syntax refused: 1\.2\.840\.10008\.1\.2\.4\.70 /);
    const arrived = await plain.files();
    assert.deepEqual(
      uids.map((uid) => arrived.some((path) => path.includes(uid))),
      [false, false, true, true],
    );
  });

  it('of which more than half fails is a failure, at once where trying again would not help', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    await plain.start(dcmtk.storescp, '+B');
    const { workflowId } = await submit('partly-more', 3, { program: dcmtk.dcmcjpeg, slices: 2 });
    const run = await gantry.ended(workflowId);
    const { attempts, state, error } = exported(run);
    assert.deepEqual(
      { status: run.status, state, attempts, code: error?.code },
      { status: 'FAILED', state: 'failed', attempts: 1, code: 'TooManyFailures' },
    );
    assert.match(
      error?.message ?? '',
      /^PLAIN: 2 of 3 instances did not arrive, more than 50%: 2 x transfer syntax refused: 1\.2\.840\.10008\.1\.2\.4\.70 /,
    );
  });

  it('to two destinations of which one is away does not send again what the other has', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    await open.start(dcmtk.storescp, '+B', '+xa');
    const { workflowId } = await submit('both', 5);
    await gantry.run(workflowId, (run) => exported(run).attempts >= 2 && open.requests === 5, 'tried again');
    await late.start(dcmtk.storescp, '+B', '+xa');
    const run = await gantry.ended(workflowId);
    const { output } = exported(run);
    assert.deepEqual({ status: run.status, delivered: output?.delivered }, { status: 'COMPLETED', delivered: 10 });
    assert.deepEqual([open.requests, late.requests], [5, 5]);
  });

  it('to a peer that dies on the way goes on where it was', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    await dying.start(dcmtk.storescp, '+B', '+xa');
    const { workflowId } = await submit('dying', 400);
    await until('some to arrive', () => dying.requests >= 50);
    await dying.stop();
    const before = dying.requests;
    assert.ok(before < 400, 'it died on the way');
    await gantry.run(workflowId, (run) => exported(run).state === 'pausing' || exported(run).attempts >= 2, 'trying again');
    await dying.start(dcmtk.storescp, '+B', '+xa');
    const run = await gantry.ended(workflowId);
    assert.deepEqual({ status: run.status, delivered: exported(run).output?.delivered }, { status: 'COMPLETED', delivered: 400 });
    assert.equal((await dying.files()).length, 400);
    // Only what was asked when it died and never answered goes twice: one instance on its one association.
    assert.ok(dying.requests <= 401, `${dying.requests} requests for 400 instances`);
  });

  it('to a peer that is out of resources sends again only what that one refused', async (t) => {
    const python = requirePeer(t, 'pynetdicom');
    if (python === null) return;
    await busy.start(python.python, 'busy');
    const { workflowId, uids } = await submit('busy', 8);
    const run = await gantry.ended(workflowId);
    const { attempts, output } = exported(run);
    assert.deepEqual({ status: run.status, attempts, delivered: output?.delivered }, { status: 'COMPLETED', attempts: 2, delivered: 8 });
    const times = uids.map((uid) => busy.requests.filter((request) => request === uid).length).toSorted();
    assert.deepEqual(times, [1, 1, 2, 2, 2, 2, 2, 2]);
  });

  it('that is answered with warnings has arrived, and says so', async (t) => {
    const python = requirePeer(t, 'pynetdicom');
    if (python === null) return;
    await warning.start(python.python, 'warns');
    const { workflowId } = await submit('warned', 3);
    const run = await gantry.ended(workflowId);
    assert.equal(run.status, 'COMPLETED');
    assert.deepEqual(exported(run).output, {
      ...{ delivered: 3, failed: 0, warnings: 3 },
      destinations: { WARNING: { delivered: 3, warnings: 3, failed: {} } },
    });
    assert.equal(warning.requests.length, 3);
  });

  it('to a peer that rejects us for good fails at once', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    await refusing.start(dcmtk.storescp, '--refuse');
    const { workflowId } = await submit('refused', 1);
    const run = await gantry.ended(workflowId);
    const { attempts, error } = exported(run);
    assert.deepEqual(
      { status: run.status, attempts, code: error?.code },
      { status: 'FAILED', attempts: 1, code: 'AssociationRejectedPermanently' },
    );
    assert.match(error?.message ?? '', /^REFUSING: .*\(1\/\d\/\d\)/);
  });
});
