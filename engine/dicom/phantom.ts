import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError } from '../errors/index.ts';
import { type DicomFile, writeDicomFile } from './dicom-file.ts';
import { chest, randomSequence } from './phantom-anatomy.ts';
import { type PhantomSlice, phantomElements } from './phantom-attributes.ts';
import { addNoise, noiseTable, renderSlice } from './phantom-slice.ts';
import type { OutgoingFile } from './sender-contract.ts';
import { newUid } from './uid.ts';

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const explicitVrLittleEndian = '1.2.840.10008.1.2.1';
const fieldOfViewMm = 360;
/** The height of the chest that is scanned, where so many slices are asked for that they would reach beyond it. */
const chestHeightMm = 300;
const thickestMm = 2.5;

export interface PhantomOptions {
  /** Created if it is not there. */
  readonly folder: string;
  /** Slices of each series. */
  readonly slices: number;
  /** Rows and columns, default 256. */
  readonly size?: number;
  /** Same seed, same image; default 1. */
  readonly seed?: number;
  /** Reconstructions of the same anatomy that differ in noise, default 1. */
  readonly seriesCount?: number;
  /** Default Explicit VR Little Endian. */
  readonly transferSyntaxUid?: DicomFile['transferSyntaxUid'];
  /** Same text, same UIDs; without it they are new each time. */
  readonly uidSeed?: string;
  onSlice?(file: PhantomFile, done: number, total: number): void;
}

export interface PhantomFile extends OutgoingFile {
  readonly seriesInstanceUid: string;
}

export interface Phantom {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUids: readonly string[];
  /** Series after series, slices from foot to head. */
  readonly files: readonly PhantomFile[];
}

/**
 * Writes a synthetic CT study of a chest: one that is computed, of no person. Slices lie 2.5 mm apart, closer where more than 120 are
 * asked for. Throws GY350 for sizes that no image can have.
 */
export async function makePhantom(options: PhantomOptions): Promise<Phantom> {
  const { folder, slices, size = 256, seed = 1, seriesCount = 1, transferSyntaxUid = explicitVrLittleEndian } = options;
  checkRange('slices', slices, 1, 100_000);
  checkRange('size', size, 16, 2_048);
  checkRange('seriesCount', seriesCount, 1, 100);
  await mkdir(folder, { recursive: true });

  const uid = (of: string): string => (options.uidSeed === undefined ? newUid() : seededUid(`${options.uidSeed}/${of}`));
  const studyInstanceUid = uid('study');
  const frameOfReferenceUid = uid('frame of reference');
  const solids = chest(randomSequence(seed));
  const spacingMm = Math.min(thickestMm, chestHeightMm / slices);
  const seriesInstanceUids: string[] = [];
  const files: PhantomFile[] = [];

  for (let series = 1; series <= seriesCount; series += 1) {
    const seriesInstanceUid = uid(`series ${series}`);
    seriesInstanceUids.push(seriesInstanceUid);
    const random = randomSequence(seed * 1_000 + series);
    const noise = noiseTable(random);
    for (let number = 1; number <= slices; number += 1) {
      const geometry = { size, pixelSpacingMm: fieldOfViewMm / size, zMm: (number - (slices + 1) / 2) * spacingMm };
      const hounsfield = renderSlice(solids, geometry);
      addNoise(hounsfield, 8 + 6 * series, noise, random);
      const slice: PhantomSlice = {
        ...geometry,
        hounsfield,
        sopClassUid: ctImageStorage,
        sopInstanceUid: uid(`series ${series} slice ${number}`),
        studyInstanceUid,
        seriesInstanceUid,
        frameOfReferenceUid,
        series,
        number,
        spacingMm,
      };
      const path = join(folder, `s${series}-${String(number).padStart(5, '0')}.dcm`);
      const { sopClassUid, sopInstanceUid } = slice;
      await writeDicomFile(path, { sopClassUid, sopInstanceUid, transferSyntaxUid, elements: phantomElements(slice) });
      const file = { path, sopClassUid, sopInstanceUid, transferSyntaxUid, seriesInstanceUid };
      files.push(file);
      options.onSlice?.(file, files.length, slices * seriesCount);
    }
  }
  return { studyInstanceUid, seriesInstanceUids, files };
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new GantryError('GY350', `${name} of a phantom is a whole number from ${least} to ${most}, not ${value}`);
}

/** A UUID-derived UID (PS3.5 §B.2) of a name: version 8, whose bits are the maker's own (RFC 9562 §5.8). */
function seededUid(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0b0011) | 0b1000).toString(16);
  return `2.25.${BigInt(`0x${digest.slice(0, 12)}8${digest.slice(13, 16)}${variant}${digest.slice(17)}`)}`;
}
