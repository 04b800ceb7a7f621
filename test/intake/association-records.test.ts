import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { defaultAeTitleRules } from '../../engine/config/index.ts';
import { createReceiver, echo, makePhantom, type Phantom, type Receiver, sendFiles } from '../../engine/dicom/index.ts';
import { createReceiverPolicy, measured } from '../../engine/intake/index.ts';
import { type AssociationFilter, type AssociationRow, type Ledger, openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createMetrics, formatMetrics } from '../../engine/metrics/index.ts';
import { createFolderStorage } from '../../engine/storage/index.ts';
import { until } from '../end-to-end/until.ts';
import { samplesOf } from '../metrics/exposition.ts';

describe('a receiver with its ledger and metrics', () => {
  let folder: string;
  let ledger: Ledger;
  let receiver: Receiver;
  let peer: { readonly host: string; readonly port: number };
  let study: Phantom;
  const isOurs = (title: string): boolean => title === 'LUNG' || title === 'FULL';
  const metrics = createMetrics({ isCalledAeTitle: isOurs });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    ledger = await openLedger({ file: join(folder, 'ledger.db') });
    const storage = await createFolderStorage({ root: join(folder, 'instances'), watermarkPercent: 100, reserveSpaceGb: 0 });
    const policy = createReceiverPolicy({
      storage,
      ledger,
      log: silentLog,
      rejectUnknownSources: false,
      sources: {},
      maxAssociationsPerPeer: null,
      maxInstanceSizeBytes: null,
      rulesOf: (called) => (isOurs(called) ? { ...defaultAeTitleRules, ...(called === 'FULL' ? { maxAssociations: 0 } : {}) } : null),
      onRecorded() {},
      onAssociationEnd() {},
    });
    receiver = createReceiver({ host: '127.0.0.1', port: 0, maxAssociations: 10, policy: measured(policy, metrics.receiver) });
    peer = await receiver.start();
    study = await makePhantom({ folder: join(folder, 'study'), slices: 3, size: 16 });
  });
  after(async () => {
    await receiver.stop();
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  const send = (aeTitle: string, callingAeTitle: string) => sendFiles({ aeTitle, ...peer }, study.files, { callingAeTitle });
  /** Records follow the peer's last word: waits for as many as there are to be. */
  const records = (filter: AssociationFilter, count: number): Promise<readonly AssociationRow[]> =>
    until(`${count} records`, async () => {
      const rows = await ledger.associations(filter);
      const all = rows.reduce((sum, { times }) => sum + times, 0);
      return all === count && rows.every(({ how }) => how !== 'open') ? rows : null;
    });
  const samples = async () => samplesOf(await formatMetrics([await metrics.snapshot()]));

  it('keeps of an association who sent what, and how it ended', async () => {
    await send('LUNG', 'CT1');
    const [row] = await records({ callingAeTitle: 'CT1' }, 1);
    assert.ok(row !== undefined);
    assert.ok(row.sizeBytes > 3 * 512);
    assert.ok(row.openedAt <= Number(row.closedAt) && Math.abs(Date.now() - row.openedAt) < 60_000);
    assert.match(row.implementation.classUid, /^[0-9.]+$/);
    const { calledAeTitle, peer: address, how, times, stored, failed, statuses, acceptedContexts, refusedContexts, tls } = row;
    assert.deepEqual([calledAeTitle, address, how, times, tls], ['LUNG', '127.0.0.1', 'released', 1, null]);
    assert.deepEqual([stored, failed, statuses, acceptedContexts, refusedContexts], [3, 0, { '0000': 3 }, 1, []]);
    const told = await samples();
    assert.equal(told.get('gantry_instances_received_total{called_ae_title="LUNG",status="0000"}'), 3);
    assert.equal(told.get('gantry_associations_total{how="released"}'), 1);
    assert.equal(told.get('gantry_received_bytes_total'), row.sizeBytes);
    assert.equal(told.get('gantry_instance_store_seconds_count'), 3);
    assert.equal(told.get('gantry_associations_open'), 0);
  });

  it('keeps who was turned away and why, also where a limit did it', async () => {
    for (const title of ['NOWHERE', 'NOWHERE', 'FULL']) await assert.rejects(send(title, 'CT2'));
    const rows = await records({ callingAeTitle: 'CT2' }, 3);
    assert.deepEqual(
      rows.map(({ calledAeTitle, peer: address, how, times, why }) => [calledAeTitle, address, how, times, why?.slice(0, 5)]).toSorted(),
      [
        ['FULL', '127.0.0.1', 'rejected', 1, '2/3/2'],
        ['NOWHERE', '127.0.0.1', 'rejected', 2, '1/1/7'],
      ],
    );
    const told = await samples();
    assert.equal(told.get('gantry_associations_rejected_total{code="1/1/7"}'), 2);
    assert.equal(told.get('gantry_associations_rejected_total{code="2/3/2"}'), 1);
  });

  it('keeps associations that stored nothing, as a C-ECHO does', async () => {
    await echo({ aeTitle: 'LUNG', ...peer }, { callingAeTitle: 'MONITOR' });
    const [row] = await records({ callingAeTitle: 'MONITOR' }, 1);
    assert.deepEqual([row?.how, row?.stored, row?.statuses], ['released', 0, {}]);
  });
});
