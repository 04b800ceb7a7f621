// A job for the `process` back-end: maximum-intensity projections of a CT series along its three axes, written as
// Secondary Capture images (PS3.3 A.8.1) of a new series in the same study. Reads GANTRY_INPUT, writes GANTRY_OUTPUT.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import dcmjs from 'dcmjs';

const { DicomMessage, DicomMetaDictionary, DicomDict } = dcmjs.data;
const { GANTRY_INPUT: input, GANTRY_OUTPUT: output } = process.env;
if (!input || !output) {
  console.error('GANTRY_INPUT and GANTRY_OUTPUT say where the series is and where the result goes');
  process.exit(2);
}

const names = (await readdir(input)).filter((name) => name.endsWith('.dcm')).sort();
const slices = [];
for (const [index, name] of names.entries()) {
  const file = await readFile(join(input, name));
  const { dict } = DicomMessage.readFile(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
  slices.push(DicomMetaDictionary.naturalizeDataset(dict));
  console.log(`progress ${index + 1}/${names.length} read`);
}
const images = slices.filter((slice) => slice.SOPClassUID === '1.2.840.10008.5.1.4.1.1.2');
if (images.length === 0) {
  console.error('no CT image among the input');
  process.exit(3);
}
images.sort((a, b) => Number(a.ImagePositionPatient[2]) - Number(b.ImagePositionPatient[2]));

const [first] = images;
const { Rows: rows, Columns: columns } = first;
const depth = images.length;
const [rowSpacing, columnSpacing] = [].concat(first.PixelSpacing).map(Number);
const sliceSpacing = depth > 1 ? Math.abs(Number(images[1].ImagePositionPatient[2]) - Number(first.ImagePositionPatient[2])) : 1;

const axial = new Float32Array(rows * columns).fill(-Infinity);
const coronal = new Float32Array(depth * columns).fill(-Infinity);
const sagittal = new Float32Array(depth * rows).fill(-Infinity);
let maximumHu = -Infinity;
for (const [z, slice] of images.entries()) {
  const bytes = slice.PixelData[0];
  const pixels = new Int16Array(bytes.slice(0, rows * columns * 2));
  const slope = Number(slice.RescaleSlope ?? 1);
  const intercept = Number(slice.RescaleIntercept ?? 0);
  // Feet are at the bottom of a coronal and a sagittal image.
  const line = depth - 1 - z;
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const hu = pixels[y * columns + x] * slope + intercept;
      axial[y * columns + x] = Math.max(axial[y * columns + x], hu);
      coronal[line * columns + x] = Math.max(coronal[line * columns + x], hu);
      sagittal[line * rows + y] = Math.max(sagittal[line * rows + y], hu);
      maximumHu = Math.max(maximumHu, hu);
    }
  }
}

/** Stretches lines so that a pixel is square. */
function isotropic(values, width, height, lineSpacing, pixelSpacing) {
  const lines = Math.max(1, Math.round((height * lineSpacing) / pixelSpacing));
  const stretched = new Float32Array(width * lines);
  for (let y = 0; y < lines; y += 1) {
    const from = Math.min(height - 1, Math.floor((y * height) / lines));
    stretched.set(values.subarray(from * width, (from + 1) * width), y * width);
  }
  return { values: stretched, width, height: lines };
}

/** -1,000 to 1,000 HU as grey. */
const grey = (hu) => Math.max(0, Math.min(255, Math.round(((hu + 1_000) / 2_000) * 255)));

// Derived, not random: the same input gives the same UIDs, so that a second attempt makes the same instances (PS3.5 B.2).
function derivedUid(purpose) {
  const hex = createHash('sha256').update(`${first.SeriesInstanceUID}/${depth}/${purpose}`).digest('hex').slice(0, 32);
  return `2.25.${BigInt(`0x${hex}`)}`;
}

const projections = [
  ['axial', { values: axial, width: columns, height: rows }],
  ['coronal', isotropic(coronal, columns, depth, sliceSpacing, columnSpacing)],
  ['sagittal', isotropic(sagittal, rows, depth, sliceSpacing, rowSpacing)],
];
const seriesInstanceUid = derivedUid('series');
for (const [index, [name, { values, width, height }]] of projections.entries()) {
  const sopInstanceUid = derivedUid(name);
  const size = width * height;
  const pixels = new Uint8Array(size + (size % 2));
  for (let i = 0; i < size; i += 1) pixels[i] = grey(values[i]);
  const dataset = {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
    SOPInstanceUID: sopInstanceUid,
    StudyDate: first.StudyDate ?? '',
    StudyTime: first.StudyTime ?? '',
    AccessionNumber: first.AccessionNumber ?? '',
    Modality: 'OT',
    ConversionType: 'WSD',
    ReferringPhysicianName: '',
    SeriesDescription: 'Maximum intensity projections',
    PatientName: first.PatientName ?? '',
    PatientID: first.PatientID ?? '',
    PatientBirthDate: first.PatientBirthDate ?? '',
    PatientSex: first.PatientSex ?? '',
    StudyInstanceUID: first.StudyInstanceUID,
    SeriesInstanceUID: seriesInstanceUid,
    StudyID: first.StudyID ?? '',
    SeriesNumber: '900',
    InstanceNumber: String(index + 1),
    ImageType: ['DERIVED', 'SECONDARY', 'PROJECTION IMAGE', name.toUpperCase()],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: height,
    Columns: width,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: [pixels.buffer],
    _vrMap: { PixelData: 'OB' },
  };
  const file = new DicomDict({
    '00020002': { vr: 'UI', Value: [dataset.SOPClassUID] },
    '00020003': { vr: 'UI', Value: [sopInstanceUid] },
    '00020010': { vr: 'UI', Value: ['1.2.840.10008.1.2.1'] },
    '00020012': { vr: 'UI', Value: ['2.25.80302813137786398554742050926734630921'] },
  });
  file.dict = DicomMetaDictionary.denaturalizeDataset(dataset);
  await writeFile(join(output, `${name}.dcm`), Buffer.from(file.write()));
  console.log(`progress ${index + 1}/${projections.length} projected`);
}
await writeFile(join(output, 'output.json'), JSON.stringify({ slices: depth, maximumHu: Math.round(maximumHu) }));
