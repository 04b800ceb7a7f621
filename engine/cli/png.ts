import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PNG } from 'pngjs';

/** What is used of dcmjs, which declares no types. */
interface Dcmjs {
  readonly data: {
    readonly DicomMessage: { readFile(bytes: ArrayBuffer): { readonly dict: object } };
    readonly DicomMetaDictionary: {
      naturalizeDataset(dict: object): { readonly Rows: number; readonly Columns: number; readonly PixelData: readonly ArrayBuffer[] };
    };
  };
}

/** Writes the pixels of an 8-bit MONOCHROME2 Secondary Capture as a PNG; answers the PNG's size in bytes. */
export async function writePng(dicomFile: string, pngFile: string): Promise<number> {
  const { data } = createRequire(import.meta.url)('dcmjs') as Dcmjs;
  const bytes = new Uint8Array(await readFile(dicomFile));
  const {
    Rows: height,
    Columns: width,
    PixelData,
  } = data.DicomMetaDictionary.naturalizeDataset(data.DicomMessage.readFile(bytes.buffer).dict);
  const png = new PNG({ width, height });
  png.data = Buffer.from(new Uint8Array(PixelData[0] ?? new ArrayBuffer(0))).subarray(0, width * height);
  const encoded = PNG.sync.write(png, { colorType: 0, inputColorType: 0, inputHasAlpha: false });
  await writeFile(pngFile, encoded);
  return encoded.length;
}
