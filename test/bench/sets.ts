import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makePhantom, newUid, writeDicomFile } from '../../engine/dicom/index.ts';

/** Instances that are sent over so many associations at once. */
export interface BenchSet {
  readonly name: string;
  readonly instances: number;
  readonly associations: number;
  /** What storescu proposes, beside its defaults. */
  readonly propose: readonly string[];
  /** One file, whose SOP Instance UID is `uid`. */
  seed(folder: string): Promise<{ readonly file: string; readonly uid: string }>;
}

const phantom = (size: number) => async (folder: string) => {
  const { files } = await makePhantom({ folder, slices: 1, size });
  const [first] = files;
  if (first === undefined) throw new Error('no phantom');
  return { file: first.path, uid: first.sopInstanceUid };
};

const multiFrame = async (folder: string): Promise<{ readonly file: string; readonly uid: string }> => {
  const uid = newUid();
  const file = join(folder, 'multi-frame.dcm');
  const frames = 40;
  const pixels = Buffer.alloc(512 * 512 * 2 * frames);
  for (let at = 0; at < pixels.length; at += 2) pixels.writeUInt16LE((at * 2_654_435_761) >>> 20, at);
  await mkdir(folder, { recursive: true });
  await writeDicomFile(file, {
    sopClassUid: '1.2.840.10008.5.1.4.1.1.7.3',
    sopInstanceUid: uid,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    elements: [
      { tag: 0x00080016, vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.7.3' },
      { tag: 0x00080018, vr: 'UI', value: uid },
      { tag: 0x00080060, vr: 'CS', value: 'OT' },
      { tag: 0x00100020, vr: 'LO', value: 'BENCH' },
      { tag: 0x0020000d, vr: 'UI', value: newUid() },
      { tag: 0x0020000e, vr: 'UI', value: newUid() },
      { tag: 0x00280002, vr: 'US', value: 1 },
      { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
      { tag: 0x00280008, vr: 'IS', value: `${frames}` },
      { tag: 0x00280010, vr: 'US', value: 512 },
      { tag: 0x00280011, vr: 'US', value: 512 },
      { tag: 0x00280100, vr: 'US', value: 16 },
      { tag: 0x00280101, vr: 'US', value: 16 },
      { tag: 0x00280102, vr: 'US', value: 15 },
      { tag: 0x00280103, vr: 'US', value: 0 },
      { tag: 0x7fe00010, vr: 'OW', value: pixels },
    ],
  });
  return { file, uid };
};

const jpegLossless = async (folder: string): Promise<{ readonly file: string; readonly uid: string }> => {
  const plain = await phantom(512)(folder);
  const file = join(folder, 'jpeg.dcm');
  // +un: the UID stays as it is.
  const { status } = spawnSync('dcmcjpeg', ['+e1', '+un', plain.file, file]);
  if (status !== 0) throw new Error('dcmcjpeg failed');
  return { file, uid: plain.uid };
};

export const benchSets = (scale: number): readonly BenchSet[] =>
  [
    { name: 'ct', instances: 2_000, associations: 4, propose: [], seed: phantom(512) },
    { name: 'multi-frame', instances: 40, associations: 2, propose: [], seed: multiFrame },
    { name: 'small', instances: 5_000, associations: 4, propose: [], seed: phantom(64) },
    { name: 'jpeg', instances: 1_000, associations: 4, propose: ['-xs'], seed: jpegLossless },
  ].map((set) => ({ ...set, instances: Math.max(set.associations, Math.ceil(set.instances * scale)) }));

export interface WrittenSet {
  /** One for each association. */
  readonly folders: readonly string[];
  /** A quarter as many instances more, to warm a receiver up with: Node compiles while it runs. */
  readonly warmUp: string;
  readonly instances: number;
  readonly megabytes: number;
}

/** Copies of the seed, each with a SOP Instance UID of its own of the same length. */
export async function writeSet(set: BenchSet, folder: string): Promise<WrittenSet> {
  const { file, uid } = await set.seed(join(folder, 'seed'));
  const bytes = readFileSync(file);
  const places: number[] = [];
  for (let at = bytes.indexOf(uid); at >= 0; at = bytes.indexOf(uid, at + 1)) places.push(at);
  if (places.length !== 2) throw new Error(`the UID stands ${places.length} times in the seed, not in meta header and dataset`);
  let made = 0;
  const write = async (name: string, count: number): Promise<string> => {
    const into = join(folder, name);
    await mkdir(into, { recursive: true });
    for (let n = 0; n < count; n += 1) {
      const copy = uid.slice(0, -8) + String(++made).padStart(8, '0');
      for (const at of places) bytes.write(copy, at, 'latin1');
      writeFileSync(join(into, `${made}.dcm`), bytes);
    }
    return into;
  };
  const each = Math.ceil(set.instances / set.associations);
  const folders: string[] = [];
  for (let n = 0; n < set.associations; n += 1) folders.push(await write(`${n}`, each));
  const warmUp = await write('warm-up', Math.ceil(set.instances / 4));
  const instances = each * set.associations;
  return { folders, warmUp, instances, megabytes: (instances * bytes.length) / 1e6 };
}
