import type { PeerPrograms } from '../peers/peers.ts';

export type EncoderPrograms = PeerPrograms<'dcmtk'> & PeerPrograms<'gdcm'>;

/** How a file of an encoding comes about. */
type Made =
  | { readonly by: 'dcmtk' | 'GDCM'; readonly command: (programs: EncoderPrograms) => readonly [string, ...string[]] }
  /** Native pixels; fragments that no codec made; or no pixels and a reference to them, the dataset deflated or not. */
  | { readonly by: 'us'; readonly as: 'native' | 'fragments' | 'reference' | 'deflated reference' };

/** Transfer syntaxes (PS3.6 Table A-1) that peers treat alike: a row of the table. */
export interface Encoding {
  readonly name: string;
  readonly transferSyntaxUids: readonly string[];
  readonly made: Made;
}

const root = '1.2.840.10008.1.2';
const jpeg = (...last: readonly string[]): string[] => last.map((digits) => `${root}.4.${digits}`);
const us = (as: 'native' | 'fragments' | 'reference' | 'deflated reference'): Made => ({ by: 'us', as });
const dcmtk = (program: 'dcmconv' | 'dcmcrle' | 'dcmcjpeg' | 'dcmcjpls', ...options: readonly string[]): Made => ({
  by: 'dcmtk',
  command: (programs) => [programs[program], ...options],
});
const gdcm = (...options: readonly string[]): Made => ({ by: 'GDCM', command: ({ gdcmconv }) => [gdcmconv, ...options] });

export const encodings = [
  { name: 'implicit little endian', transferSyntaxUids: [root], made: us('native') },
  { name: 'explicit little endian', transferSyntaxUids: [`${root}.1`], made: us('native') },
  { name: 'explicit big endian', transferSyntaxUids: [`${root}.2`], made: dcmtk('dcmconv', '+tb') },
  { name: 'deflated', transferSyntaxUids: [`${root}.1.99`], made: dcmtk('dcmconv', '+td') },
  { name: 'RLE', transferSyntaxUids: [`${root}.5`], made: dcmtk('dcmcrle') },
  { name: 'JPEG baseline', transferSyntaxUids: jpeg('50'), made: dcmtk('dcmcjpeg', '+eb') },
  { name: 'JPEG extended', transferSyntaxUids: jpeg('51'), made: dcmtk('dcmcjpeg', '+ee') },
  { name: 'JPEG spectral selection', transferSyntaxUids: jpeg('53'), made: dcmtk('dcmcjpeg', '+es') },
  { name: 'JPEG full progression', transferSyntaxUids: jpeg('55'), made: dcmtk('dcmcjpeg', '+ep') },
  { name: 'JPEG lossless', transferSyntaxUids: jpeg('57'), made: dcmtk('dcmcjpeg', '+el') },
  { name: 'JPEG lossless, first-order prediction', transferSyntaxUids: jpeg('70'), made: dcmtk('dcmcjpeg', '+e1') },
  { name: 'JPEG-LS lossless', transferSyntaxUids: jpeg('80'), made: dcmtk('dcmcjpls', '+el') },
  { name: 'JPEG-LS near-lossless', transferSyntaxUids: jpeg('81'), made: dcmtk('dcmcjpls', '+en') },
  { name: 'JPEG 2000 lossless', transferSyntaxUids: jpeg('90'), made: gdcm('--j2k') },
  { name: 'JPEG 2000', transferSyntaxUids: jpeg('91'), made: gdcm('--j2k', '--lossy', '--irreversible') },
  { name: 'JPEG 2000 part 2', transferSyntaxUids: jpeg('92', '93'), made: us('fragments') },
  { name: 'HTJ2K', transferSyntaxUids: jpeg('201', '202', '203'), made: us('fragments') },
  { name: 'JPEG XL', transferSyntaxUids: jpeg('110', '111', '112'), made: us('fragments') },
  { name: 'MPEG-2', transferSyntaxUids: jpeg('100', '101'), made: us('fragments') },
  { name: 'MPEG-4, level 4.1', transferSyntaxUids: jpeg('102', '103'), made: us('fragments') },
  { name: 'MPEG-4, level 4.2', transferSyntaxUids: jpeg('104', '105', '106'), made: us('fragments') },
  { name: 'HEVC', transferSyntaxUids: jpeg('107', '108'), made: us('fragments') },
  {
    name: 'fragmentable MPEG-2 and MPEG-4',
    transferSyntaxUids: jpeg('100.1', '101.1', '102.1', '103.1', '104.1', '105.1', '106.1'),
    made: us('fragments'),
  },
  { name: 'JPIP referenced', transferSyntaxUids: jpeg('94'), made: us('reference') },
  { name: 'JPIP referenced, deflated', transferSyntaxUids: jpeg('95'), made: us('deflated reference') },
  { name: 'JPIP HTJ2K referenced', transferSyntaxUids: jpeg('204'), made: us('reference') },
  { name: 'JPIP HTJ2K referenced, deflated', transferSyntaxUids: jpeg('205'), made: us('deflated reference') },
  { name: 'encapsulated uncompressed', transferSyntaxUids: [`${root}.1.98`], made: us('fragments') },
  { name: 'deflated image frames', transferSyntaxUids: [`${root}.8.1`], made: us('fragments') },
  {
    name: 'JPEG, other retired processes',
    transferSyntaxUids: jpeg('52', '54', '56', '58', '59', '60', '61', '62', '63', '64', '65', '66'),
    made: us('fragments'),
  },
] as const satisfies readonly Encoding[];

export type EncodingName = (typeof encodings)[number]['name'];
