import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type SweepFindings, sweep } from '../../engine/intake/sweep.ts';
import { type Ledger, openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createFolderStorage, type Storage } from '../../engine/storage/index.ts';

const nothing: SweepFindings = { leftovers: 0, orphans: 0, spared: 0, lost: 0 };
const keep = { overwriteSameInstance: false };

interface Parts {
  readonly storage: Storage;
  readonly ledger: Ledger;
  /** Stores a file without a row; written before the engine started, unless it is new. */
  store(age: 'old' | 'new'): Promise<string>;
  /** Records a stored file. */
  record(path: string): Promise<number>;
  sweep(parts?: { storage?: Storage; ledger?: Ledger }): Promise<SweepFindings>;
}

async function parts(test: TestContext): Promise<Parts> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  const storage = createFolderStorage({ root: join(folder, 'instances'), watermarkPercent: 99, reserveSpaceGb: 0 });
  const ledger = await openLedger({ file: join(folder, 'ledger.db') });
  test.after(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });
  const startedAt = Date.now() - 60_000;
  return {
    storage,
    ledger,
    async store(age) {
      const { path } = await storage.create(Buffer.from('header')).commit();
      const written = new Date(age === 'old' ? startedAt - 60_000 : startedAt + 30_000);
      await utimes(storage.resolve(path), written, written);
      return path;
    },
    async record(path) {
      const { sequence } = await ledger.record(
        {
          sopInstanceUid: `2.25.${path}`,
          sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
          transferSyntaxUid: '1.2.840.10008.1.2.1',
          studyInstanceUid: '1.2.3',
          seriesInstanceUid: '1.2.3.4',
          modality: 'CT',
          callingAeTitle: 'CT1',
          calledAeTitle: 'LUNG',
          associationId: 'a',
          sizeBytes: 6,
          path,
          receivedAt: 1,
        },
        keep,
      );
      return sequence;
    },
    sweep: (given) => sweep({ storage, ledger, log: silentLog, startedAt, ...given }),
  };
}

describe('a sweep', () => {
  it('finds nothing where every row has its file and every file its row', async (test) => {
    const { store, record, sweep } = await parts(test);
    await record(await store('old'));
    await record(await store('new'));
    assert.deepEqual(await sweep(), nothing);
  });

  it('deletes files of before the start that have no row: their senders never got Success', async (test) => {
    const { storage, store, record, sweep } = await parts(test);
    const owned = await store('old');
    await record(owned);
    const orphan = await store('old');
    assert.deepEqual(await sweep(), { ...nothing, orphans: 1 });
    assert.equal(existsSync(storage.resolve(orphan)), false);
    assert.equal(existsSync(storage.resolve(owned)), true);
  });

  it('leaves files that have no row yet: they are on their way into the ledger', async (test) => {
    const { storage, store, record, sweep } = await parts(test);
    await record(await store('old'));
    const underWay = await store('new');
    assert.deepEqual(await sweep(), nothing);
    assert.equal(existsSync(storage.resolve(underWay)), true);
  });

  it('deletes no file at all for an empty ledger: it would be the data of another one', async (test) => {
    const { storage, store, sweep } = await parts(test);
    const files = [await store('old'), await store('old')];
    assert.deepEqual(await sweep(), { ...nothing, spared: 2 });
    for (const path of files) assert.equal(existsSync(storage.resolve(path)), true);
  });

  it('counts what writes that never ended left behind', async (test) => {
    const { storage, sweep } = await parts(test);
    const folder = join(storage.root, '2025-01-01', 'aa');
    await mkdir(folder, { recursive: true });
    const part = join(folder, `${'a'.repeat(32)}.dcm.part`);
    await writeFile(part, 'half');
    await utimes(part, new Date(0), new Date(0));
    assert.deepEqual(await sweep(), { ...nothing, leftovers: 1 });
  });

  it('gives a recorded file its name again that a power cut took back', async (test) => {
    const { storage, store, record, sweep } = await parts(test);
    const path = await store('old');
    await record(path);
    await rename(storage.resolve(path), `${storage.resolve(path)}.part`);
    assert.deepEqual(await sweep(), nothing);
    assert.equal(existsSync(storage.resolve(path)), true);
  });

  it('tells of held files that are gone, each time, and leaves one event', async (test) => {
    const { storage, ledger, store, record, sweep } = await parts(test);
    const path = await store('old');
    await record(path);
    await unlink(storage.resolve(path));
    assert.deepEqual(await sweep(), { ...nothing, lost: 1 });
    assert.deepEqual(await sweep(), { ...nothing, lost: 1 });
    assert.deepEqual(
      (await ledger.explain(`2.25.${path}`)).map(({ what }) => what),
      ['received', 'lost'],
    );
  });

  it('does not take for lost what was due for deletion', async (test) => {
    const { storage, ledger, store, record, sweep } = await parts(test);
    const path = await store('old');
    const sequence = await record(path);
    await ledger.route([{ sequence, claims: [], why: 'not wanted', undecided: false }]);
    await storage.delete(path);
    assert.deepEqual(await sweep(), nothing);
  });

  it('does not take for lost what cannot be looked at', async (test) => {
    const { storage, record, sweep } = await parts(test);
    await writeFile(join(storage.root, '2025-01-01'), 'a file in the place of a folder');
    await record(`2025-01-01/aa/${'a'.repeat(32)}.dcm`);
    assert.deepEqual(await sweep(), nothing);
  });

  it('does not stumble over what is recorded or reclaimed while it looks', async (test) => {
    const { storage, ledger, store, record, sweep } = await parts(test);
    const arriving = await store('old');
    const leaving = await store('old');
    const left = await record(leaving);
    await ledger.route([{ sequence: left, claims: [], why: 'not wanted', undecided: false }]);
    const busy: Storage = {
      ...storage,
      async scan(recorded) {
        await storage.delete(leaving);
        await ledger.reclaimed([{ kind: 'instance', id: left }]);
        const found = await storage.scan(recorded);
        await record(arriving);
        await record(await store('old'));
        return found;
      },
    };
    assert.deepEqual(await sweep({ storage: busy }), nothing);
    assert.equal(existsSync(storage.resolve(arriving)), true);
  });
});
