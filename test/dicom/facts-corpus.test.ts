import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type DatasetFacts, type FileFacts, readAttributes, readDatasetFacts, readFileFacts } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';
import { hostileFiles, soundFacts } from './hostile-files.ts';
import { temporaryFolder } from './store-scp.ts';

const folder = join(import.meta.dirname, 'fixtures/corpus');

type Expected =
  | { readonly facts: DatasetFacts & { readonly transferSyntaxUid: string }; readonly attributes: Readonly<Record<string, unknown>> }
  | { readonly error: string };

const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as Readonly<Record<string, Expected>>;
const keywords = [...new Set(Object.values(index).flatMap((expected) => ('error' in expected ? [] : Object.keys(expected.attributes))))];

const code = (error: unknown): string => (error instanceof GantryError ? error.code : String(error));

const datasetFacts = ({ sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid, modality }: DatasetFacts): DatasetFacts => ({
  sopClassUid,
  sopInstanceUid,
  studyInstanceUid,
  seriesInstanceUid,
  modality,
});

/** From memory the same as from the file, or nothing: of the whole dataset, and of whatever is there of it at first. */
async function sameFromMemory(file: Buffer, facts: FileFacts): Promise<void> {
  const dataset = file.subarray(facts.datasetOffset);
  const whole = await readDatasetFacts(dataset, true, facts.transferSyntaxUid);
  if (whole !== null) assert.deepEqual(whole, datasetFacts(facts));
  const step = Math.max(1, Math.floor(Math.min(dataset.length, 4_000) / 200));
  for (let length = 0; length < Math.min(dataset.length, 4_000); length += step) {
    const head = await readDatasetFacts(dataset.subarray(0, length), false, facts.transferSyntaxUid);
    if (head !== null) assert.deepEqual(head, datasetFacts(facts), `the first ${length} bytes`);
  }
}

describe('reading the files of others', () => {
  for (const [name, expected] of Object.entries(index))
    it(name, async () => {
      const path = join(folder, name);
      if ('error' in expected) {
        assert.equal(await readFileFacts(path).catch(code), expected.error);
        assert.equal(await readAttributes(path, keywords).catch(code), expected.error);
        return;
      }
      const facts = await readFileFacts(path);
      const { datasetOffset, ...rest } = facts;
      assert.deepEqual(rest, expected.facts);
      const attributes = await readAttributes(path, keywords);
      assert.deepEqual(Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)), expected.attributes);
      const file = await readFile(path);
      assert.ok(datasetOffset > 132 && datasetOffset < file.length);
      await sameFromMemory(file, facts);
    });
});

describe('reading files that were made to harm', () => {
  for (const [name, { bytes, outcome }] of Object.entries(hostileFiles))
    it(`${name}: ${outcome}`, async (t) => {
      const path = join(await temporaryFolder(t), 'hostile.dcm');
      await writeFile(path, bytes);
      const begun = performance.now();
      const before = process.memoryUsage();
      const facts = await readFileFacts(path).catch(code);
      const after = process.memoryUsage();
      assert.ok(performance.now() - begun < 5_000, 'it is decided soon');
      const grown = after.heapTotal + after.external - before.heapTotal - before.external;
      assert.ok(grown < 48_000_000, `with little memory, not ${grown} bytes`);
      if (typeof facts === 'string') assert.equal(facts, outcome);
      else {
        const nothing = { sopClassUid: null, sopInstanceUid: null, studyInstanceUid: null, seriesInstanceUid: null, modality: null };
        assert.deepEqual(datasetFacts(facts), outcome === 'nothing' ? nothing : soundFacts);
        assert.ok(outcome === 'sound' || outcome === 'nothing', `read, though ${outcome} is due`);
        await sameFromMemory(bytes, facts);
      }
    });
});
