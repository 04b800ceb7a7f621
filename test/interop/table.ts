import { type EncodingName, encodings } from './encodings.ts';

/** Peers that send, as columns. */
export const senderNames = ['storescu', 'dcmsend', 'pynetdicom', 'gdcmscu', 'Orthanc', 'dcmjs-dimse'] as const;
export type SenderName = (typeof senderNames)[number];

/** What is expected of a sender in a row. */
export type Cell =
  /** The dataset in storage is the one in the sender's file, byte for byte. */
  | { readonly outcome: 'as is' }
  /** The sender encodes anew what it reads; the dataset in storage is the one that it sent, byte for byte. */
  | { readonly outcome: 'as sent'; readonly why: string }
  /** The sender's dataset is not what it says: nothing is kept. */
  | { readonly outcome: 'refused'; readonly status: number; readonly why: string }
  | { readonly outcome: 'done' }
  /** Presentation contexts in one proposal, at least. */
  | { readonly outcome: 'contexts'; readonly count: number }
  /** The sender cannot. */
  | { readonly outcome: 'n/a'; readonly why: string };

export const otherRows = {
  echo: 'C-ECHO',
  privateClass: 'private SOP class, `accept: any`',
  privateClassRefused: 'private SOP class refused, `accept: standard`',
  privateSyntax: 'private transfer syntax, `accept: any`',
  privateSyntaxRefused: 'private transfer syntax refused, `accept: standard`',
  manyContexts: 'many presentation contexts',
  tls: 'TLS',
  mutualTls: 'mutual TLS',
} as const;
export type OtherRow = keyof typeof otherRows;
export type RowName = EncodingName | OtherRow;

export const isEncoding = (row: RowName): row is EncodingName => !Object.hasOwn(otherRows, row);

/** As the table and the tests name it. */
export const titleOf = (row: RowName): string => (isEncoding(row) ? row : otherRows[row]);

export const rowNames: readonly RowName[] = [
  'echo',
  ...encodings.map(({ name }) => name),
  'privateClass',
  'privateClassRefused',
  'privateSyntax',
  'privateSyntaxRefused',
  'manyContexts',
  'tls',
  'mutualTls',
];

const asIs: Cell = { outcome: 'as is' };
const done: Cell = { outcome: 'done' };
const asSent = (why: string): Cell => ({ outcome: 'as sent', why });
const contexts = (count: number): Cell => ({ outcome: 'contexts', count });
const no = (why: string): Cell => ({ outcome: 'n/a', why });

const cells = (cell: Cell, ...names: readonly RowName[]): Partial<Record<RowName, Cell>> =>
  Object.fromEntries(names.map((name) => [name, cell]));

const notInDcmtk = no('dcmtk does not know the transfer syntax');
const cannotSendReference = no('dcmtk knows it and does not send it');
const deflatedAnew = asSent('dcmtk deflates anew');
const recounted = asSent('dcmtk writes sequences of undefined length with a counted one');
const encodedAnew = asSent('it parses the file and encodes it anew, without private elements');
const notInGdcm = no('GDCM does not know it, and proposes nothing');

/** Transfer syntaxes of the Standard that dcmtk 3.6.7 does not have. */
const unknownToDcmtk: readonly RowName[] = [
  'HTJ2K',
  'JPEG XL',
  'fragmentable MPEG-2 and MPEG-4',
  'JPIP HTJ2K referenced',
  'JPIP HTJ2K referenced, deflated',
  'encapsulated uncompressed',
  'deflated image frames',
  'privateSyntax',
  'privateSyntaxRefused',
];

/** All that sends by dcmtk's library, as Orthanc does. */
const byDcmtk: Partial<Record<RowName, Cell>> = {
  ...cells(notInDcmtk, ...unknownToDcmtk),
  ...cells(deflatedAnew, 'deflated'),
  ...cells(recounted, 'JPEG 2000'),
  ...cells(cannotSendReference, 'JPIP referenced', 'JPIP referenced, deflated'),
};

/** Where nothing else is said, an encoding arrives as is, and the rest is done. */
const exceptions: Readonly<Record<SenderName, Partial<Record<RowName, Cell>>>> = {
  storescu: {
    ...byDcmtk,
    manyContexts: contexts(128),
  },
  dcmsend: {
    echo: no('it only sends files; echoscu is dcmtk’s'),
    ...byDcmtk,
    ...cells(
      asSent('it encodes native data as explicit little endian'),
      'implicit little endian',
      'explicit big endian',
      'JPIP referenced',
    ),
    manyContexts: contexts(64),
    ...cells(no('it has no TLS'), 'tls', 'mutualTls'),
  },
  pynetdicom: { manyContexts: contexts(128) },
  gdcmscu: {
    ...cells(asSent('GDCM deflates anew'), 'deflated'),
    ...cells(
      notInGdcm,
      'HTJ2K',
      'JPEG XL',
      'MPEG-4, level 4.2',
      'HEVC',
      'fragmentable MPEG-2 and MPEG-4',
      'JPIP referenced, deflated',
      'JPIP HTJ2K referenced',
      'JPIP HTJ2K referenced, deflated',
      'encapsulated uncompressed',
      'deflated image frames',
      'JPEG, other retired processes',
      'privateClass',
      'privateClassRefused',
      'privateSyntax',
      'privateSyntaxRefused',
    ),
    manyContexts: contexts(20),
    ...cells(no('it has no TLS'), 'tls', 'mutualTls'),
  },
  Orthanc: {
    ...byDcmtk,
    manyContexts: contexts(120),
  },
  'dcmjs-dimse': {
    ...cells(encodedAnew, ...encodings.map(({ name }) => name), 'privateClass', 'privateSyntax'),
    ...cells(no('it cannot read the file'), 'JPIP referenced, deflated', 'JPIP HTJ2K referenced, deflated'),
    deflated: { outcome: 'refused', status: 0xc000, why: 'it sends the dataset inflated where deflated was agreed, answered with C000' },
    manyContexts: contexts(128),
  },
};

export function cell(sender: SenderName, row: RowName): Cell {
  return exceptions[sender][row] ?? (isEncoding(row) || row === 'privateClass' || row === 'privateSyntax' ? asIs : done);
}

/** The transfer syntaxes that a sender can send, so that one start of it is enough for all. */
export const encodingsOf = (sender: SenderName): readonly EncodingName[] =>
  encodings.map(({ name }) => name).filter((name) => cell(sender, name).outcome !== 'n/a');
