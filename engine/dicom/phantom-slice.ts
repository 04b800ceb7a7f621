import type { Ellipsoid } from './phantom-anatomy.ts';

export interface SliceGeometry {
  /** Rows and columns. */
  readonly size: number;
  readonly pixelSpacingMm: number;
  readonly zMm: number;
}

const air = -1000;

/** One axial slice in Hounsfield units, row by row, before noise. */
export function renderSlice(solids: readonly Ellipsoid[], { size, pixelSpacingMm, zMm }: SliceGeometry): Int16Array {
  const image = new Int16Array(size * size).fill(air);
  const middle = (size - 1) / 2;
  for (const { centre, axes, hounsfield } of solids) {
    const [a, b, c] = axes;
    const section = 1 - ((zMm - centre[2]) / c) ** 2;
    if (section <= 0) continue;
    const firstRow = Math.max(0, Math.ceil((centre[1] - b * Math.sqrt(section)) / pixelSpacingMm + middle));
    const lastRow = Math.min(size - 1, Math.floor((centre[1] + b * Math.sqrt(section)) / pixelSpacingMm + middle));
    for (let row = firstRow; row <= lastRow; row += 1) {
      const y = (row - middle) * pixelSpacingMm;
      const half = a * Math.sqrt(Math.max(0, section - ((y - centre[1]) / b) ** 2));
      const first = Math.max(0, Math.ceil((centre[0] - half) / pixelSpacingMm + middle));
      const end = Math.min(size, Math.floor((centre[0] + half) / pixelSpacingMm + middle) + 1);
      if (first < end) image.fill(hounsfield, row * size + first, row * size + end);
    }
  }
  return blurred(image, size);
}

/** What a scanner's focal spot and detector do to an edge: the mean of each pixel and its eight neighbours. The border stays. */
function blurred(image: Int16Array, size: number): Int16Array {
  const alongRows = new Int16Array(image.length);
  for (let at = 1; at < image.length - 1; at += 1) alongRows[at] = (image[at - 1] ?? air) + (image[at] ?? air) + (image[at + 1] ?? air);
  const soft = image.slice();
  for (let row = 1; row < size - 1; row += 1) {
    for (let at = row * size + 1; at < (row + 1) * size - 1; at += 1) {
      soft[at] = Math.round(((alongRows[at - size] ?? 0) + (alongRows[at] ?? 0) + (alongRows[at + size] ?? 0)) / 9);
    }
  }
  return soft;
}

/** A power of two, so that an index wraps by a mask. */
const noiseLength = 65_536;

/** Numbers of mean 0 and variance 1, to be laid over images. */
export function noiseTable(random: () => number): Float32Array {
  // The sum of three even numbers, of which each has a variance of 1/12, is close enough to a bell.
  return Float32Array.from({ length: noiseLength }, () => (random() + random() + random() - 1.5) * 2);
}

/** Adds noise of a standard deviation in HU, and keeps to what 12-bit CT numbers can say. */
export function addNoise(image: Int16Array, deviation: number, table: Float32Array, random: () => number): void {
  let index = 0;
  for (let at = 0; at < image.length; at += 1) {
    // Another stretch of the table for every few pixels: no pattern that the eye could find.
    index = at % 61 === 0 ? Math.floor(random() * noiseLength) : (index + 1) & (noiseLength - 1);
    image[at] = Math.max(-1024, Math.min(3071, Math.round((image[at] ?? air) + (table[index] ?? 0) * deviation)));
  }
}
