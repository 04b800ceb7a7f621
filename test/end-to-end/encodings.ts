import { execFile } from 'node:child_process';
import { appendFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makePhantom } from '../../engine/dicom/index.ts';
import type { PeerPrograms } from '../peers/peers.ts';
import { datasetHash } from './dataset.ts';

const run = promisify(execFile);

export interface EncodedFile {
  readonly name: string;
  readonly path: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** What makes dcmtk's storescu propose it. */
  readonly propose: string;
  /** Of its dataset. */
  readonly sha256: string;
}

type Programs = PeerPrograms<'dcmtk'> & PeerPrograms<'gdcm'>;

/** How a file comes into each encoding; transfer syntaxes of PS3.5 §10. */
const encodings: readonly {
  readonly name: string;
  readonly transferSyntaxUid: string;
  readonly propose: string;
  readonly command: (programs: Programs) => readonly [string, ...string[]];
}[] = [
  { name: 'explicit little endian', transferSyntaxUid: '1.2.840.10008.1.2.1', propose: '-xe', command: ({ dcmconv }) => [dcmconv, '+te'] },
  { name: 'implicit little endian', transferSyntaxUid: '1.2.840.10008.1.2', propose: '-xi', command: ({ dcmconv }) => [dcmconv, '+ti'] },
  { name: 'explicit big endian', transferSyntaxUid: '1.2.840.10008.1.2.2', propose: '-xb', command: ({ dcmconv }) => [dcmconv, '+tb'] },
  { name: 'deflated', transferSyntaxUid: '1.2.840.10008.1.2.1.99', propose: '-xd', command: ({ dcmconv }) => [dcmconv, '+td'] },
  { name: 'RLE', transferSyntaxUid: '1.2.840.10008.1.2.5', propose: '-xr', command: ({ dcmcrle }) => [dcmcrle] },
  { name: 'JPEG lossless', transferSyntaxUid: '1.2.840.10008.1.2.4.70', propose: '-xs', command: ({ dcmcjpeg }) => [dcmcjpeg] },
  { name: 'JPEG-LS', transferSyntaxUid: '1.2.840.10008.1.2.4.80', propose: '-xt', command: ({ dcmcjpls }) => [dcmcjpls] },
  { name: 'JPEG 2000', transferSyntaxUid: '1.2.840.10008.1.2.4.90', propose: '-xv', command: ({ gdcmconv }) => [gdcmconv, '--j2k'] },
];

/** A study with one slice in each encoding, made by dcmtk and gdcm. */
export async function encodedStudy(
  folder: string,
  programs: Programs,
): Promise<{ readonly studyInstanceUid: string; readonly files: readonly EncodedFile[] }> {
  const { studyInstanceUid, files } = await makePhantom({ folder: join(folder, 'plain'), slices: encodings.length, size: 64 });
  const target = join(folder, 'encoded');
  await mkdir(target);
  const encoded = await Promise.all(
    encodings.map(async ({ name, transferSyntaxUid, propose, command }, index): Promise<EncodedFile> => {
      const plain = files[index];
      if (plain === undefined) throw new Error('fewer slices than encodings');
      const path = join(target, `${name.replaceAll(' ', '-')}.dcm`);
      const [program, ...args] = command(programs);
      await run(program, [...args, plain.path, path]);
      // PS3.5 §A.5: a deflated dataset of odd length is padded. dcmtk and pynetdicom do so when they send, not when they write.
      if ((await stat(path)).size % 2 === 1) await appendFile(path, '\0');
      return { name, path, sopInstanceUid: plain.sopInstanceUid, transferSyntaxUid, propose, sha256: await datasetHash(path) };
    }),
  );
  return { studyInstanceUid, files: encoded };
}
