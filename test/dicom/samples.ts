import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readFileFacts } from '../../engine/dicom/index.ts';
import { type PeerPrograms, peerEnvironment } from '../peers/peers.ts';

const execute = promisify(execFile);

export interface Outcome {
  readonly exit: number;
  readonly output: string;
}

/** Runs a peer's program to its end. */
export async function run(program: string, args: readonly string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await execute(program, args, { env: peerEnvironment, timeout: 60_000 });
    return { exit: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number | string; stdout: string; stderr: string };
    return { exit: typeof code === 'number' ? code : -1, output: `${stdout}${stderr}` };
  }
}

async function succeed(program: string, ...args: readonly string[]): Promise<void> {
  const { exit, output } = await run(program, args);
  if (exit !== 0) throw new Error(`${program} ${args.join(' ')}: ${output}`);
}

/** Odd text lengths, a private block, a character set other than UTF-8, nested sequences, decimal strings that a re-encoding would reformat. */
const text = (pixels: string): string => `
(0008,0005) CS [ISO_IR 100]
(0008,0016) UI [1.2.840.10008.5.1.4.1.1.2]
(0008,0018) UI [2.25.1234567890]
(0008,0060) CS [CT]
(0008,1140) SQ
(fffe,e000) -
(0008,1150) UI [1.2.840.10008.5.1.4.1.1.2]
(0040,a170) SQ
(fffe,e000) -
(0008,0100) CS [ODD]
(fffe,e00d) -
(fffe,e0dd) -
(fffe,e00d) -
(fffe,e0dd) -
(0009,0010) LO [GANTRY TEST]
(0009,1001) DS [1.250\\-125.000000]
(0009,1002) LO [odd]
(0010,0010) PN [Phantom^Nobody]
(0018,0050) DS [1.250]
(0020,000d) UI [2.25.1]
(0020,000e) UI [2.25.2]
(0028,0002) US 1
(0028,0004) CS [MONOCHROME2]
(0028,0010) US 16
(0028,0011) US 16
(0028,0030) DS [0.48828100\\0.48828100]
(0028,0100) US 16
(0028,0101) US 16
(0028,0102) US 15
(0028,0103) US 0
(7fe0,0010) OW ${pixels}
`;

/** One file per transfer syntax that dcmtk (and gdcm) can write, by the option with which storescu proposes it. */
export async function makeSamples(
  folder: string,
  dcmtk: PeerPrograms<'dcmtk'>,
  gdcm: PeerPrograms<'gdcm'> | null = null,
): Promise<ReadonlyMap<string, string>> {
  await mkdir(folder, { recursive: true });
  const file = (name: string): string => join(folder, `${name}.dcm`);
  const pixels = Array.from({ length: 256 }, (_, index) => ((index * 37) % 4_096).toString(16).padStart(4, '0')).join('\\');
  await writeFile(join(folder, 'sample.txt'), text(pixels), 'latin1');
  await succeed(dcmtk.dump2dcm, '+te', join(folder, 'sample.txt'), file('explicit'));
  const conversions: readonly (readonly [string, string, string, ...string[]])[] = [
    ['-xi', dcmtk.dcmconv, 'implicit', '+ti'],
    ['-xb', dcmtk.dcmconv, 'big-endian', '+tb'],
    ['-xd', dcmtk.dcmconv, 'deflated', '+td'],
    ['-xr', dcmtk.dcmcrle, 'rle'],
    ['-xs', dcmtk.dcmcjpeg, 'jpeg-lossless', '+e1'],
    ['-xt', dcmtk.dcmcjpls, 'jpeg-ls'],
    ...(gdcm === null ? [] : [['-xv', gdcm.gdcmconv, 'jpeg-2000', '--j2k'] as const]),
  ];
  const samples = new Map([['-xe', file('explicit')]]);
  for (const [proposal, program, name, ...options] of conversions) {
    await succeed(program, ...options, file('explicit'), file(name));
    samples.set(proposal, file(name));
  }
  return samples;
}

/** The bytes that a C-STORE carries. */
export async function datasetOf(path: string): Promise<Buffer> {
  const { datasetOffset } = await readFileFacts(path);
  return (await readFile(path)).subarray(datasetOffset);
}
