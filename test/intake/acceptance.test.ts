import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { IncomingInstance, StoreStatus } from '../../engine/dicom/index.ts';
import { readFileFacts } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';
import { accept } from '../../engine/intake/acceptance.ts';
import { type Ledger, openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import type { Disk } from '../../engine/storage/disk.ts';
import { openStorage, testDisk } from '../storage/open-storage.ts';
import { temporaryFolder } from '../storage/temporary-folder.ts';

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const implicit = '1.2.840.10008.1.2';

function element(tag: number, value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1') : value;
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** Implicit VR Little Endian; `before` comes ahead of the study's UID. */
const dataset = ({
  uid = '1.2.3',
  sopClass = ctImageStorage,
  pixels = Buffer.alloc(1_000, 7),
  before = Buffer.alloc(0),
}: {
  readonly uid?: string;
  readonly sopClass?: string;
  readonly pixels?: Buffer;
  readonly before?: Buffer;
} = {}): Buffer =>
  Buffer.concat([
    element(0x00080016, sopClass),
    element(0x00080018, uid),
    element(0x00080060, 'CT'),
    before,
    element(0x0020000d, '1.2.840.1'),
    element(0x0020000e, '1.2.840.2'),
    element(0x7fe00010, pixels),
  ]);

async function open(t: TestContext, disk?: Disk, changed: (ledger: Ledger) => Partial<Ledger> = () => ({})) {
  const opened = await openLedger({ file: join(await temporaryFolder(t), 'ledger.db') });
  t.after(() => opened.close());
  const ledger = { ...opened, ...changed(opened) };
  const storage = await openStorage(t, disk === undefined ? {} : { disk });
  let recorded = 0;
  const take = async (
    data: Buffer,
    { overwriteSameInstance = false, ...changes }: Partial<IncomingInstance> & { readonly overwriteSameInstance?: boolean } = {},
  ): Promise<StoreStatus> => {
    const incoming: IncomingInstance = {
      association: {
        id: 'a1',
        callingAeTitle: 'CT1',
        calledAeTitle: 'LUNG',
        peer: '127.0.0.1',
        storage: true,
        tls: null,
        openedAt: 0,
        implementation: { classUid: '', versionName: '' },
        acceptedContexts: 1,
        refusedContexts: [],
      },
      sopClassUid: ctImageStorage,
      sopInstanceUid: '1.2.3',
      transferSyntaxUid: implicit,
      ...changes,
    };
    const sink = accept(incoming, {
      storage,
      ledger,
      log: silentLog,
      overwriteSameInstance,
      onRecorded() {
        recorded += 1;
      },
    });
    // The receiver's buffer: used again after each write.
    const shared = Buffer.alloc(3_000);
    for (let at = 0; at < data.length; at += shared.length) {
      const length = data.copy(shared, 0, at);
      if (!sink.write(shared.subarray(0, length))) await sink.drained();
      shared.fill(0xee);
    }
    return sink.finish();
  };
  const files = (): string[] =>
    readdirSync(storage.root, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
    );
  return { ledger, storage, take, files, recorded: () => recorded };
}

describe('an instance that is accepted', () => {
  it('is on disk byte for byte and in the ledger with its facts when Success is answered', async (t) => {
    const { ledger, storage, take, files, recorded } = await open(t);
    const data = dataset({ pixels: Buffer.alloc(500_000, 'gantry') });
    assert.deepEqual(await take(data), { status: 0, comment: null });
    const [row = assert.fail(), ...others] = await ledger.instances({});
    assert.equal(others.length, 0);
    const path = storage.resolve(row.path);
    assert.deepEqual(files(), [path]);
    const { datasetOffset, studyInstanceUid, seriesInstanceUid, modality } = await readFileFacts(path);
    assert.ok((await readFile(path)).subarray(datasetOffset).equals(data));
    assert.deepEqual([row.studyInstanceUid, row.seriesInstanceUid, row.modality], [studyInstanceUid, seriesInstanceUid, modality]);
    assert.equal(row.studyInstanceUid, '1.2.840.1');
    assert.equal(recorded(), 1);
  });

  it('has its facts also where they lie far behind in the dataset', async (t) => {
    const { ledger, take } = await open(t);
    const report = element(0x00084000, Buffer.alloc(200_000, 0x20));
    assert.equal((await take(dataset({ before: report }))).status, 0);
    assert.equal((await ledger.instances({}))[0]?.studyInstanceUid, '1.2.840.1');
  });

  it('again and again, from ten peers at once, is kept once', async (t) => {
    const { ledger, take, files } = await open(t);
    const answers = await Promise.all(Array.from({ length: 10 }, () => take(dataset())));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [0]);
    assert.equal((await ledger.instances({})).length, 1);
    assert.equal(files().length, 1);
    assert.deepEqual(
      (await ledger.explain('1.2.3')).map(({ what }) => what),
      ['received', 'duplicate'],
    );
  });

  it('with other bytes from ten peers at once is one of them, whole, by either rule, and every file has its row', async (t) => {
    for (const overwriteSameInstance of [false, true]) {
      const { ledger, storage, take } = await open(t);
      const sent = Array.from({ length: 10 }, (_, n) => dataset({ pixels: Buffer.alloc(5_000, n) }));
      const answers = await Promise.all(sent.map((data) => take(data, { overwriteSameInstance })));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [0]);
      const newest = (await ledger.unrouted(100)).at(-1) ?? assert.fail();
      const path = storage.resolve(newest.path);
      const { datasetOffset } = await readFileFacts(path);
      const kept = (await readFile(path)).subarray(datasetOffset);
      assert.ok(sent.some((data) => data.equals(kept)));
      assert.deepEqual(new Set((await storage.scan(new Set())).paths), await ledger.knownPaths());
      assert.equal((await ledger.unrouted(100)).length, 1);
    }
  });

  it('takes the place of one whose file was lost', async (t) => {
    const { ledger, storage, take, files } = await open(t);
    await take(dataset());
    const [row = assert.fail()] = await ledger.instances({});
    await rm(storage.resolve(row.path));
    assert.equal((await take(dataset())).status, 0);
    assert.equal(files().length, 1);
    assert.ok((await ledger.explain('1.2.3')).some(({ what }) => what === 'replaced'));
  });

  it('in a transfer syntax that nobody knows is kept as opaque bytes', async (t) => {
    const { ledger, take, files } = await open(t);
    for (const [n, data] of [Buffer.from('no dataset that anybody could read'), Buffer.alloc(100), dataset()].entries())
      assert.equal((await take(data, { transferSyntaxUid: '1.2.3.4', sopInstanceUid: n === 2 ? '1.2.3' : `1.9.${n}` })).status, 0);
    assert.equal(files().length, 3);
    assert.deepEqual(
      (await ledger.instances({})).map(({ studyInstanceUid }) => studyInstanceUid),
      [null, null, '1.2.840.1'],
    );
  });
});

describe('an instance that is not accepted', () => {
  const refusals: Readonly<Record<string, readonly [Buffer, number]>> = {
    'of another SOP Instance than the command says': [dataset({ uid: '1.2.4' }), 0xa900],
    'of another SOP Class than the command says': [dataset({ sopClass: '1.2.840.10008.5.1.4.1.1.4' }), 0xa900],
    'without UIDs': [element(0x00080060, 'CT'), 0xc000],
    'that is cut off': [dataset().subarray(0, 30), 0xc000],
    'that is no dataset': [Buffer.from('GET / HTTP/1.1\r\nHost: gantry\r\n\r\n'), 0xc000],
    'with group 0002 in it': [Buffer.concat([element(0x00020010, implicit), dataset()]), 0xc000],
  };
  for (const [what, [data, status]] of Object.entries(refusals)) {
    it(`${what} is answered ${status.toString(16).toUpperCase()}, with a comment, and leaves nothing`, async (t) => {
      const { ledger, take, files } = await open(t);
      const answer = await take(data);
      assert.equal(answer.status, status);
      assert.match(answer.comment ?? '', /^[ -~]{5,64}$/);
      assert.deepEqual([files(), await ledger.instances({})], [[], []]);
    });
  }

  for (const [what, code, status] of [
    ['a full disk', 'ENOSPC', 0xa700],
    ['a used-up quota', 'EDQUOT', 0xa700],
    ['a read-only file system', 'EROFS', 0x0110],
    ['a broken disk', 'EIO', 0x0110],
  ] as const) {
    it(`because of ${what} is answered ${status.toString(16).toUpperCase()}, and the next one is stored when it is over`, async (t) => {
      const disk = testDisk();
      const { ledger, take, files } = await open(t, disk);
      const { syncFile } = disk;
      disk.syncFile = () => Promise.reject(Object.assign(new Error(code), { code }));
      const answer = await take(dataset());
      assert.equal(answer.status, status);
      assert.ok((answer.comment ?? '').length > 5);
      assert.deepEqual([files(), await ledger.instances({})], [[], []]);
      disk.syncFile = syncFile;
      assert.equal((await take(dataset())).status, 0);
    });
  }

  it('because the ledger fails leaves no file', async (t) => {
    const record = () => Promise.reject(new GantryError('GY414', 'the ledger could not do "record"'));
    const { take, files } = await open(t, undefined, () => ({ record }));
    assert.equal((await take(dataset())).status, 0x0110);
    assert.deepEqual(files(), []);
  });

  it('because the ledger ended before it said that it had committed keeps its file, for there may be a row', async (t) => {
    const { ledger, take, files } = await open(t, undefined, ({ record }) => ({
      async record(...values) {
        await record(...values);
        throw new GantryError('GY415', 'the thread of the ledger has ended');
      },
    }));
    assert.equal((await take(dataset())).status, 0x0110);
    assert.equal((await ledger.instances({})).length, 1);
    assert.equal(files().length, 1);
  });
});
