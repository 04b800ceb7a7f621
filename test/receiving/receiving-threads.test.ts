import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { type Config, loadConfig } from '../../engine/config/index.ts';
import { makePhantom, sendFiles } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';
import { type OpenLedger, openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { formatMetrics } from '../../engine/metrics/index.ts';
import { type Receiving, startReceivingThreads } from '../../engine/receiving/index.ts';
import { RawPeer } from '../dicom/raw-peer.ts';
import { temporaryFolder } from '../storage/temporary-folder.ts';

interface Site {
  readonly folder: string;
  readonly ledger: OpenLedger;
  readonly receiving: Receiving;
  readonly port: number;
  readonly titles: Set<string>;
  recorded(): number;
}

async function open(t: TestContext, changes: Partial<Config['dicom']> = {}): Promise<Site> {
  const folder = await temporaryFolder(t);
  const { config } = await loadConfig(null);
  assert.ok(config !== null);
  const ledger = await openLedger({ file: join(folder, 'ledger.db') });
  t.after(() => ledger.close());
  const titles = new Set(['LUNG']);
  let recorded = 0;
  const receiving = await startReceivingThreads({
    count: 3,
    dicom: { ...config.dicom, port: 0, rejectUnknownSources: false, ...changes },
    storage: { ...config.storage, watermarkPercent: 99, reserveSpaceGb: 0 },
    root: join(folder, 'instances'),
    ledger,
    log: silentLog,
    workflowAeTitles: () => titles,
    onRecorded() {
      recorded += 1;
    },
    onAssociationEnd() {},
  });
  t.after(() => receiving.stop());
  return { folder, ledger, receiving, port: receiving.plain?.port ?? assert.fail(), titles, recorded: () => recorded };
}

const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
  for (const end = Date.now() + 30_000; !(await condition()); ) {
    assert.ok(Date.now() < end, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('several threads on one port', () => {
  it('take what many associations send at once, each instance once in the one ledger, and tell the engine', async (t) => {
    const { folder, ledger, port, receiving, recorded } = await open(t);
    const peer = { aeTitle: 'LUNG', host: '127.0.0.1', port };
    const studies = await Promise.all(
      Array.from({ length: 6 }, (_, n) => makePhantom({ folder: join(folder, `study-${n}`), slices: 10, size: 16, seed: n })),
    );
    const files = studies.flatMap((study) => study.files);
    const again = studies[0]?.files ?? [];
    const results = await Promise.all([
      ...studies.map((study) => sendFiles(peer, study.files, { callingAeTitle: 'CT1', associations: 3 })),
      sendFiles(peer, again, { callingAeTitle: 'CT2', associations: 2 }),
    ]);
    assert.ok(results.flat().every(({ outcome }) => outcome === 'stored'));
    const rows = await ledger.instances({ limit: 1_000 });
    assert.deepEqual(rows.map(({ sopInstanceUid }) => sopInstanceUid).sort(), files.map(({ sopInstanceUid }) => sopInstanceUid).sort());
    await until(() => recorded() > 0);

    const text = await formatMetrics(await receiving.metrics());
    assert.match(text, /gantry_instances_received_total\{called_ae_title="LUNG",status="0000"\} 70\n/);
    assert.equal(text.match(/^gantry_storage_free_bytes /gm)?.length, 1, 'storage is told of once');
  });

  it('spread associations, and hold the limits together', async (t) => {
    const { port } = await open(t, { maxAssociations: 12, maxAssociationsPerPeer: 5 });
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => RawPeer.associate(port, { calledAeTitle: 'LUNG' })));
    const accepted = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    assert.equal(accepted.length, 5);
    await Promise.all(accepted.map((peer) => peer.release()));
    await until(async () => {
      const peer = await RawPeer.associate(port, { calledAeTitle: 'LUNG' }).catch(() => null);
      await peer?.release();
      return peer !== null;
    });
  });

  it('learn which AE titles workflows name from now on', async (t) => {
    const { port, receiving, titles } = await open(t);
    const tried = (): Promise<boolean[]> =>
      Promise.all(
        Array.from({ length: 12 }, async () => {
          const peer = await RawPeer.associate(port, { calledAeTitle: 'HEART' }).catch(() => null);
          await peer?.release();
          return peer !== null;
        }),
      );
    assert.deepEqual([...new Set(await tried())], [false]);
    titles.add('HEART');
    receiving.renew();
    await until(async () => (await tried()).every(Boolean));
  });

  it('are refused with GY302 where the port is another program’s', async (t) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.after(() => other.close());
    const { port } = other.address() as { port: number };
    await assert.rejects(open(t, { port }), { code: 'GY302' });
  });

  it('tell of one that ends by itself, and the others still stop', async (t) => {
    const workers: Worker[] = [];
    const note = (worker: Worker): number => workers.push(worker);
    process.on('worker', note);
    t.after(() => process.off('worker', note));
    const { receiving } = await open(t);
    await workers.at(-1)?.terminate();
    const error = await receiving.failed;
    assert.ok(error instanceof GantryError && error.code === 'GY310', error.message);
    await receiving.stop();
  });

  it('let what is under way finish when they are told to stop, and listen no more', async (t) => {
    const { folder, ledger, port, receiving } = await open(t);
    const { files } = await makePhantom({ folder: join(folder, 'study'), slices: 5, size: 16 });
    await sendFiles({ aeTitle: 'LUNG', host: '127.0.0.1', port }, files, { callingAeTitle: 'CT1' });
    const idle = await RawPeer.associate(port, { calledAeTitle: 'LUNG' });
    await receiving.stop();
    await idle.closed;
    await assert.rejects(RawPeer.connect(port), { code: 'ECONNREFUSED' });
    assert.equal((await ledger.instances({})).length, 5);
    assert.deepEqual(
      (await ledger.associations({})).map(({ how }) => how).sort(),
      ['aborted', 'released'],
      'how each ended is recorded before the threads end',
    );
  });
});
