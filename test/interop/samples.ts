import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { encodeDataset } from '../../engine/dicom/dataset-writer.ts';
import { type DicomElement, part10Header } from '../../engine/dicom/index.ts';
import type { EncoderPrograms, Encoding } from './encodings.ts';

const run = promisify(execFile);

/** A file to send. */
export interface Sample {
  readonly path: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
export const privateSopClass = '1.2.826.0.1.3680043.10.999.1.2.3';
/** As private ones are, and in no implementation's list. */
export const privateTransferSyntax = '1.2.826.0.1.3680043.10.999.1.2.99';

const explicitLittleEndian = '1.2.840.10008.1.2.1';

let made = 0;
/** Always another one; of the same length, so that files differ in nothing else. */
const nextUid = (): string => `2.25.${(1_000_000_000 + process.pid * 1_000 + made++).toString()}`;

/**
 * What a re-encoding would change: a private block, decimal strings with idle zeros, odd lengths, nested sequences. Counted ones: dcmtk counts
 * what it sends. */
const elements = (sopClassUid: string, sopInstanceUid: string, study: string): DicomElement[] => [
  { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
  { tag: 0x00080016, vr: 'UI', value: sopClassUid },
  { tag: 0x00080018, vr: 'UI', value: sopInstanceUid },
  { tag: 0x00080060, vr: 'CS', value: 'CT' },
  {
    tag: 0x00081140,
    vr: 'SQ',
    items: [
      [
        { tag: 0x00081150, vr: 'UI', value: ctImageStorage },
        { tag: 0x0040a170, vr: 'SQ', items: [[{ tag: 0x00080100, vr: 'SH', value: 'ODD' }]] },
      ],
    ],
  },
  { tag: 0x00090010, vr: 'LO', value: 'GANTRY TEST' },
  { tag: 0x00091001, vr: 'DS', value: '1.250\\-125.000000' },
  { tag: 0x00091002, vr: 'LO', value: 'odd' },
  { tag: 0x00100010, vr: 'PN', value: 'Phantom^Nobody' },
  { tag: 0x00100020, vr: 'LO', value: 'PHANTOM' },
  { tag: 0x00180050, vr: 'DS', value: '1.250' },
  { tag: 0x0020000d, vr: 'UI', value: study },
  { tag: 0x0020000e, vr: 'UI', value: study },
  { tag: 0x00280002, vr: 'US', value: 1 },
  { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
  { tag: 0x00280010, vr: 'US', value: size },
  { tag: 0x00280011, vr: 'US', value: size },
  { tag: 0x00280030, vr: 'DS', value: '0.48828100\\0.48828100' },
  { tag: 0x00280100, vr: 'US', value: 16 },
  { tag: 0x00280101, vr: 'US', value: 16 },
  { tag: 0x00280102, vr: 'US', value: 15 },
  { tag: 0x00280103, vr: 'US', value: 0 },
];

const size = 32;
const pixels = (): Buffer => {
  const values = Buffer.alloc(size * size * 2);
  for (let at = 0; at < size * size; at += 1) values.writeUInt16LE((at * 37) % 4_096, at * 2);
  return values;
};

/** PS3.5 §A.4: a sequence of fragments behind an empty offset table, of bytes that no codec made. Nobody on the way may look. */
function encapsulatedPixelData(): Buffer {
  const header = (element: number, length: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(0xfffe, 0);
    bytes.writeUInt16LE(element, 2);
    bytes.writeUInt32LE(length, 4);
    return bytes;
  };
  const fragments = [1_000, 2].map((length, n) => Buffer.from(Array.from({ length }, (_, at) => (at * 31 + n * 7) % 256)));
  return Buffer.concat([
    Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    header(0xe000, 0),
    ...fragments.flatMap((fragment) => [header(0xe000, fragment.length), fragment]),
    header(0xe0dd, 0),
  ]);
}

/** Writes files to send into a folder: in any encoding, by what can make it. */
export class Samples {
  readonly #folder: string;
  readonly #programs: EncoderPrograms;
  readonly #study = nextUid();

  private constructor(folder: string, programs: EncoderPrograms) {
    this.#folder = folder;
    this.#programs = programs;
  }

  static async make(folder: string, programs: EncoderPrograms): Promise<Samples> {
    await mkdir(folder, { recursive: true });
    return new Samples(folder, programs);
  }

  /** A file in each transfer syntax of the encoding. */
  encoded(encoding: Encoding): Promise<readonly Sample[]> {
    return Promise.all(encoding.transferSyntaxUids.map((uid) => this.#encode(encoding, uid)));
  }

  /** An image of this SOP class, explicit little endian. */
  async ofClass(sopClassUid: string): Promise<Sample> {
    return this.#write(explicitLittleEndian, sopClassUid, [{ tag: 0x7fe00010, vr: 'OW', value: pixels() }]);
  }

  /** Fragments that no codec made, in a transfer syntax that nobody knows. */
  async inPrivateTransferSyntax(): Promise<Sample> {
    return this.#write(privateTransferSyntax, ctImageStorage, [], encapsulatedPixelData());
  }

  async #encode({ made }: Encoding, transferSyntaxUid: string): Promise<Sample> {
    if (made.by === 'us') {
      if (made.as === 'native') return this.#write(transferSyntaxUid, ctImageStorage, [{ tag: 0x7fe00010, vr: 'OW', value: pixels() }]);
      if (made.as === 'fragments') return this.#write(transferSyntaxUid, ctImageStorage, [], encapsulatedPixelData());
      // PS3.5 §A.6: no pixels, and where they are.
      const url: DicomElement = { tag: 0x00287fe0, vr: 'UR', value: 'http://localhost/pixels' };
      return this.#write(transferSyntaxUid, ctImageStorage, [url], undefined, made.as === 'deflated reference');
    }
    const plain = await this.#write(explicitLittleEndian, ctImageStorage, [{ tag: 0x7fe00010, vr: 'OW', value: pixels() }]);
    const path = plain.path.replace('.dcm', '-encoded.dcm');
    const [program, ...args] = made.command(this.#programs);
    await run(program, [...args, plain.path, path]);
    // PS3.5 §A.5: a deflated dataset of odd length is padded. dcmtk and pynetdicom do so when they send, not when they write.
    if ((await stat(path)).size % 2 === 1) await appendFile(path, '\0');
    // Lossy encoders give the image a new identity.
    const { sopInstanceUid, transferSyntaxUid: became } = identityOf(await readFile(path));
    if (became !== transferSyntaxUid) throw new Error(`${program} ${args.join(' ')} made ${became}, not ${transferSyntaxUid}`);
    return { ...plain, path, sopInstanceUid, transferSyntaxUid };
  }

  async #write(
    transferSyntaxUid: string,
    sopClassUid: string,
    more: readonly DicomElement[],
    pixelData: Buffer = Buffer.alloc(0),
    deflate = false,
  ): Promise<Sample> {
    const sopInstanceUid = nextUid();
    const path = join(this.#folder, `${sopInstanceUid}.dcm`);
    const encoded = encodeDataset(
      [...elements(sopClassUid, sopInstanceUid, this.#study), ...more],
      transferSyntaxUid !== '1.2.840.10008.1.2',
    );
    const plain = Buffer.concat([encoded, pixelData]);
    const deflated = deflateRawSync(plain);
    const dataset = deflate ? Buffer.concat([deflated, Buffer.alloc(deflated.length % 2)]) : plain;
    const header = part10Header({ sopClassUid, sopInstanceUid, transferSyntaxUid, callingAeTitle: 'MAKER', calledAeTitle: 'FILE' });
    await writeFile(path, Buffer.concat([header, dataset]));
    return { path, sopClassUid, sopInstanceUid, transferSyntaxUid };
  }
}

/** Media Storage SOP Instance UID and Transfer Syntax UID of a file's meta header. */
export function identityOf(file: Buffer): { readonly sopInstanceUid: string; readonly transferSyntaxUid: string } {
  const { meta } = splitFile(file);
  const text = (element: number): string => {
    const at = meta.indexOf(Buffer.from([2, 0, element, 0, 0x55, 0x49]));
    return meta.toString('latin1', at + 8, at + 8 + meta.readUInt16LE(at + 6)).replace(/\0$/, '');
  };
  return { sopInstanceUid: text(0x03), transferSyntaxUid: text(0x10) };
}

/** PS3.10 §7.1: the meta header's length is its first element. */
export function splitFile(file: Buffer): { readonly meta: Buffer; readonly dataset: Buffer } {
  if (file.toString('latin1', 128, 132) !== 'DICM' || file.toString('hex', 132, 138) !== '02000000554c')
    throw new Error('not a DICOM file');
  const end = 144 + file.readUInt32LE(140);
  return { meta: file.subarray(132, end), dataset: file.subarray(end) };
}
