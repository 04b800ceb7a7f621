import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { part10Header, type ReceiverOptions, readFileFacts } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { MemoryEngine, openTerms, until } from './memory-engine.ts';
import { datasetOf, makeSamples, run } from './samples.ts';

async function start(t: TestContext, options: Partial<ReceiverOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-receiver-'));
  const engine = new MemoryEngine();
  const { receiver, port } = await engine.receive(options);
  t.after(async () => {
    await receiver.stop({ graceMs: 0 });
    await rm(folder, { recursive: true });
  });
  return { engine, receiver, folder, address: ['127.0.0.1', `${port}`] as const, port };
}

describe('dcmtk', () => {
  it('verifies us, with one context or 128', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { engine, receiver, address, port } = await start(t);
    for (const options of [[], ['-ppc', '128', '-pts', '38'], ['--repeat', '50'], ['-pdu', '4096'], ['--abort']]) {
      const { exit, output } = await run(dcmtk.echoscu, [...options, '-aec', 'GANTRY', ...address]);
      assert.equal(exit, 0, `${options.join(' ')}: ${output}`);
    }
    await engine.assertHealthy(receiver, port);
  });

  it('stores in eight transfer syntaxes, byte by byte as in its files', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    const gdcm = requirePeer(t, 'gdcm');
    if (dcmtk === null || gdcm === null) return;
    const { engine, receiver, address, port, folder } = await start(t);
    const samples = await makeSamples(folder, dcmtk, gdcm);
    const transferSyntaxes = new Set<string>();
    for (const [proposal, path] of samples) {
      const { exit, output } = await run(dcmtk.storescu, ['-R', proposal, '-aet', 'MODALITY', '-aec', 'GANTRY', ...address, path]);
      assert.equal(exit, 0, `${path}: ${output}`);
      const stored = engine.stored.at(-1) ?? assert.fail();
      const facts = await readFileFacts(path);
      const expected = await datasetOf(path);
      // storescu deflates anew, in pieces of other sizes.
      const same = proposal === '-xd' ? inflateRawSync(stored.data).equals(inflateRawSync(expected)) : stored.data.equals(expected);
      assert.ok(same, `${path} arrived as it is`);
      assert.equal(stored.transferSyntaxUid, facts.transferSyntaxUid);
      assert.equal(stored.sopInstanceUid, facts.sopInstanceUid);
      transferSyntaxes.add(facts.transferSyntaxUid);
    }
    assert.equal(engine.stored.length, 8);
    assert.equal(transferSyntaxes.size, 8);
    assert.ok(engine.closed.every(({ summary }) => summary.how === 'released' && summary.stored === 1));
    await engine.assertHealthy(receiver, port);
  });

  it('reads the files that a header and the bytes received make', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { engine, address, folder } = await start(t);
    for (const [proposal, path] of await makeSamples(folder, dcmtk)) {
      assert.equal((await run(dcmtk.storescu, ['-R', proposal, '-aet', 'CT1', '-aec', 'GANTRY', ...address, path])).exit, 0);
      const { association, data, ...instance } = engine.stored.at(-1) ?? assert.fail();
      const file = join(folder, 'received.dcm');
      await writeFile(file, Buffer.concat([part10Header({ ...instance, ...association }), data]));
      const { exit, output } = await run(dcmtk.dcmdump, ['-M', file]);
      assert.equal(exit, 0, output);
      assert.doesNotMatch(output, /^[EW]:/m);
      assert.match(output, /\(0002,0016\) AE \[CT1\]/);
      assert.match(output, /\(0002,0018\) AE \[GANTRY\]/);
      assert.match(output, /\(0002,0013\) SH \[GANTRY_0_1\]/);
      assert.match(output, /\(0009,0010\) LO \[GANTRY TEST\]/);
      const facts = await readFileFacts(file);
      assert.deepEqual([facts.sopInstanceUid, facts.studyInstanceUid, facts.modality], [instance.sopInstanceUid, '2.25.1', 'CT']);
    }
  });

  it('stores with the greatest and the smallest PDUs, several associations at once', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { engine, receiver, address, port, folder } = await start(t);
    await makeSamples(folder, dcmtk);
    const path = join(folder, 'explicit.dcm');
    const runs = ['4096', '131072', '16384', '4096'].map((pdu) =>
      run(dcmtk.storescu, ['-pdu', pdu, '--max-send-pdu', pdu, '--repeat', '20', '-aec', 'GANTRY', ...address, path]),
    );
    for (const { exit, output } of await Promise.all(runs)) assert.equal(exit, 0, output);
    assert.equal(engine.stored.length, 80);
    const expected = await datasetOf(path);
    assert.ok(engine.stored.every(({ data }) => data.equals(expected)));
    await engine.assertHealthy(receiver, port);
  });

  it('is told why it is rejected, and why an instance is refused', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const engine = new MemoryEngine();
    const { address, folder } = await start(t, {
      policy: {
        ...engine.policy,
        admit: ({ calledAeTitle }) =>
          calledAeTitle === 'GANTRY' ? openTerms : { result: 1, source: 1, reason: 7, why: 'no such AE title' },
        instance: () => ({ status: 0xa700, comment: 'no space left' }),
      },
    });
    await makeSamples(folder, dcmtk);
    const rejected = await run(dcmtk.echoscu, ['-aec', 'WRONG', ...address]);
    assert.notEqual(rejected.exit, 0);
    assert.match(rejected.output, /Called AE Title Not Recognized/i);
    const refused = await run(dcmtk.storescu, ['-d', '-aec', 'GANTRY', ...address, join(folder, 'explicit.dcm')]);
    assert.match(refused.output, /0xa700/i);
    assert.match(refused.output, /no space left/);
  });

  it('that aborts, or asks for a query, leaves nothing behind', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const { engine, receiver, address, port, folder } = await start(t);
    await makeSamples(folder, dcmtk);
    const aborted = await run(dcmtk.storescu, ['--abort', '-aec', 'GANTRY', ...address, join(folder, 'explicit.dcm')]);
    assert.equal(aborted.exit, 0, aborted.output);
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    assert.deepEqual([engine.closed[0]?.summary.how, engine.closed[0]?.summary.stored], ['aborted', 1]);
    const query = await run(dcmtk.findscu, ['-S', '-k', 'QueryRetrieveLevel=STUDY', '-aec', 'GANTRY', ...address]);
    assert.match(query.output, /No Acceptable Presentation Contexts/i);
    await engine.assertHealthy(receiver, port);
  });
});

describe('pynetdicom', () => {
  it('verifies us and stores as it is', async (t) => {
    const pynetdicom = requirePeer(t, 'pynetdicom');
    const dcmtk = requirePeer(t, 'dcmtk');
    if (pynetdicom === null || dcmtk === null) return;
    const { engine, receiver, address, port, folder } = await start(t);
    await makeSamples(folder, dcmtk);
    const echo = await run(pynetdicom.python, ['-m', 'pynetdicom', 'echoscu', ...address, '-aec', 'GANTRY']);
    assert.equal(echo.exit, 0, echo.output);
    for (const name of ['explicit', 'rle']) {
      const path = join(folder, `${name}.dcm`);
      const options = ['-m', 'pynetdicom', 'storescu', ...address, path, '-aec', 'GANTRY', '-cx', '--max-pdu', '0'];
      const { exit, output } = await run(pynetdicom.python, options);
      assert.equal(exit, 0, output);
      assert.equal(engine.stored.at(-1)?.transferSyntaxUid, (await readFileFacts(path)).transferSyntaxUid, output);
    }
    assert.equal(engine.stored.length, 2);
    assert.ok(engine.stored[0]?.data.equals(await datasetOf(join(folder, 'explicit.dcm'))));
    await engine.assertHealthy(receiver, port);
  });
});
