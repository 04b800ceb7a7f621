import { Buffer } from 'node:buffer';
import type { DicomElement } from './dataset-writer.ts';
import type { SliceGeometry } from './phantom-slice.ts';

export interface PhantomSlice extends SliceGeometry {
  readonly hounsfield: Int16Array;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly frameOfReferenceUid: string;
  /** Series Number and Instance Number, from 1. */
  readonly series: number;
  readonly number: number;
  /** Between slices, which are as thick. */
  readonly spacingMm: number;
}

const rescaleIntercept = -1024;

/** The CT Image IOD (PS3.3 §A.3): every attribute of Type 1 and 2, and the Type 3 ones that viewers and rules look at. */
export function phantomElements(slice: PhantomSlice): readonly DicomElement[] {
  return [...patientAndStudy(slice), ...seriesAndEquipment(slice), ...image(slice), ...pixels(slice)];
}

function patientAndStudy({ studyInstanceUid }: PhantomSlice): DicomElement[] {
  return [
    { tag: 0x00100010, vr: 'PN', value: 'PHANTOM^GANTRY' },
    { tag: 0x00100020, vr: 'LO', value: 'PHANTOM' },
    { tag: 0x00100030, vr: 'DA', value: '' },
    { tag: 0x00100040, vr: 'CS', value: 'O' },
    { tag: 0x0020000d, vr: 'UI', value: studyInstanceUid },
    { tag: 0x00200010, vr: 'SH', value: '1' },
    { tag: 0x00080020, vr: 'DA', value: '20250101' },
    { tag: 0x00080030, vr: 'TM', value: '120000' },
    { tag: 0x00080050, vr: 'SH', value: 'PHANTOM' },
    { tag: 0x00080090, vr: 'PN', value: '' },
    { tag: 0x00081030, vr: 'LO', value: 'Synthetic chest' },
  ];
}

function seriesAndEquipment({ seriesInstanceUid, frameOfReferenceUid, series }: PhantomSlice): DicomElement[] {
  return [
    { tag: 0x00080060, vr: 'CS', value: 'CT' },
    { tag: 0x0020000e, vr: 'UI', value: seriesInstanceUid },
    { tag: 0x00200011, vr: 'IS', value: String(series) },
    { tag: 0x00080021, vr: 'DA', value: '20250101' },
    { tag: 0x00080031, vr: 'TM', value: '120000' },
    { tag: 0x0008103e, vr: 'LO', value: `Phantom, reconstruction ${series}` },
    { tag: 0x00180015, vr: 'CS', value: 'CHEST' },
    { tag: 0x00185100, vr: 'CS', value: 'HFS' },
    { tag: 0x00200052, vr: 'UI', value: frameOfReferenceUid },
    { tag: 0x00201040, vr: 'LO', value: '' },
    { tag: 0x00080070, vr: 'LO', value: 'Gantry' },
    { tag: 0x00081090, vr: 'LO', value: 'Phantom' },
  ];
}

function image(slice: PhantomSlice): DicomElement[] {
  const corner = decimal((-(slice.size - 1) / 2) * slice.pixelSpacingMm);
  return [
    { tag: 0x00080008, vr: 'CS', value: 'ORIGINAL\\PRIMARY\\AXIAL' },
    { tag: 0x00080016, vr: 'UI', value: slice.sopClassUid },
    { tag: 0x00080018, vr: 'UI', value: slice.sopInstanceUid },
    { tag: 0x00080022, vr: 'DA', value: '20250101' },
    { tag: 0x00080023, vr: 'DA', value: '20250101' },
    { tag: 0x00080032, vr: 'TM', value: '120000' },
    { tag: 0x00080033, vr: 'TM', value: '120000' },
    { tag: 0x00180050, vr: 'DS', value: decimal(slice.spacingMm) },
    { tag: 0x00180060, vr: 'DS', value: '120' },
    { tag: 0x00200012, vr: 'IS', value: '1' },
    { tag: 0x00200013, vr: 'IS', value: String(slice.number) },
    { tag: 0x00200032, vr: 'DS', value: `${corner}\\${corner}\\${decimal(slice.zMm)}` },
    { tag: 0x00200037, vr: 'DS', value: '1\\0\\0\\0\\1\\0' },
    { tag: 0x00201041, vr: 'DS', value: decimal(slice.zMm) },
    { tag: 0x00280301, vr: 'CS', value: 'NO' },
    { tag: 0x00281050, vr: 'DS', value: '40\\-600' },
    { tag: 0x00281051, vr: 'DS', value: '400\\1500' },
    { tag: 0x00281055, vr: 'LO', value: 'MEDIASTINUM\\LUNG' },
  ];
}

function pixels({ hounsfield, size, pixelSpacingMm }: PhantomSlice): DicomElement[] {
  const stored = Buffer.alloc(hounsfield.length * 2);
  hounsfield.forEach((value, index) => {
    stored.writeInt16LE(value - rescaleIntercept, index * 2);
  });
  return [
    { tag: 0x00280002, vr: 'US', value: 1 },
    { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
    { tag: 0x00280010, vr: 'US', value: size },
    { tag: 0x00280011, vr: 'US', value: size },
    { tag: 0x00280030, vr: 'DS', value: `${decimal(pixelSpacingMm)}\\${decimal(pixelSpacingMm)}` },
    { tag: 0x00280100, vr: 'US', value: 16 },
    { tag: 0x00280101, vr: 'US', value: 16 },
    { tag: 0x00280102, vr: 'US', value: 15 },
    { tag: 0x00280103, vr: 'US', value: 1 },
    { tag: 0x00281052, vr: 'DS', value: String(rescaleIntercept) },
    { tag: 0x00281053, vr: 'DS', value: '1' },
    { tag: 0x00281054, vr: 'LO', value: 'HU' },
    { tag: 0x7fe00010, vr: 'OW', value: stored },
  ];
}

/** A decimal string has at most 16 characters (PS3.5 §6.2); micrometres are more than a scanner knows. */
function decimal(millimetres: number): string {
  return String(Number(millimetres.toFixed(6)));
}
