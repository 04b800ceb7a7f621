import { GantryError } from '../errors/index.ts';

/** GY341 for a file whose bytes cannot be followed. `why` names tags and positions, never values: they may be a patient's. */
export function malformedDicom(path: string, why: string, cause?: unknown): GantryError {
  return new GantryError('GY341', `the file is not well-formed DICOM: ${why}`, { place: { file: path }, cause });
}

/** `(0018,0050)` */
export function formatTag(tag: number): string {
  const hex = tag.toString(16).toUpperCase().padStart(8, '0');
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}
