import { Buffer } from 'node:buffer';

type Decode = (bytes: Buffer) => string;

const latin1: Decode = (bytes) => bytes.toString('latin1');

/** Encoding labels for the defined terms of Specific Character Set (0008,0005), PS3.3 §C.12.1.1.2; ISO 8859-1 and ASCII are Latin-1 bytes. */
const labels: Readonly<Record<string, string>> = {
  '101': 'iso-8859-2',
  '109': 'iso-8859-3',
  '110': 'iso-8859-4',
  '144': 'iso-8859-5',
  '127': 'iso-8859-6',
  '126': 'iso-8859-7',
  '138': 'iso-8859-8',
  '148': 'windows-1254',
  '203': 'iso-8859-15',
  '13': 'shift_jis',
  '166': 'windows-874',
  '192': 'utf-8',
  '87': 'iso-2022-jp',
  '159': 'iso-2022-jp',
  '149': 'euc-kr',
  '58': 'gb18030',
  GB18030: 'gb18030',
  GBK: 'gbk',
};
/** Sets that are only switched to by escapes (PS3.5 §6.1.2.5) and so stand second or later in (0008,0005). */
const byEscape = new Set(['87', '159', '149', '58']);
const esc = String.fromCharCode(0x1b);
const koreanOrChineseEscape = new RegExp(`${esc}(\\$\\)[AC]|\\(B)`, 'g');
const kanjiEscape = new RegExp(`^${esc}\\$`);
const otherEscape = new RegExp(`^${esc}[()].`);

/** Text decoder for the values of (0008,0005); Latin-1, which loses no byte, where the set is absent or not known. */
export function textDecoder(specificCharacterSet: readonly string[]): Decode {
  const sets = specificCharacterSet.map((term) => term.trim().replace(/^ISO(_IR| 2022 IR) /, ''));
  const label = labels[sets.find((set) => byEscape.has(set)) ?? sets[0] ?? ''];
  if (label === undefined) return latin1;
  if (label === 'iso-2022-jp') return decodeJapanese;
  const decoder = new TextDecoder(label);
  return (bytes) => decoder.decode(bytes).replace(koreanOrChineseEscape, '');
}

/** JIS X 0208 between its escapes; elsewhere JIS X 0201, whose katakana have the eighth bit that ISO-2022-JP proper lacks. */
function decodeJapanese(bytes: Buffer): string {
  const segments = bytes.toString('latin1').split(new RegExp(`(?=${esc})`));
  const decoded = segments.map((segment) =>
    kanjiEscape.test(segment)
      ? new TextDecoder('iso-2022-jp').decode(Buffer.from(segment, 'latin1'))
      : new TextDecoder('shift_jis').decode(Buffer.from(segment.replace(otherEscape, ''), 'latin1')),
  );
  return decoded.join('');
}
