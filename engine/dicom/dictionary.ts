import { createRequire } from 'node:module';

/** One entry of the data dictionary, PS3.6 §6. */
export interface DicomAttribute {
  readonly keyword: string;
  /** Group and element as one number: (0018,0050) is 0x00180050. */
  readonly tag: number;
  /** Two letters; where PS3.6 leaves a choice, the one that implicit VR datasets mostly mean (US of US/SS, OW of OB/OW). */
  readonly vr: string;
}

interface DcmjsEntry {
  readonly tag: string;
  readonly vr: string;
  readonly name: string;
}

/** dcmjs writes a choice of VRs (PS3.5 §A.1) as a small-letter code of its own. */
const choices: Readonly<Record<string, string>> = { xs: 'US', ox: 'OW', lt: 'US', up: 'UL' };
/** Neither text nor numbers: no rule can compare them. */
const notReadable = new Set(['SQ', 'OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);
const retired = 'RETIRED_';

let attributes: ReadonlyMap<string, DicomAttribute> | undefined;
let keywords: readonly string[] | undefined;

/** The attribute of that keyword (`SliceThickness`), retired ones included; null where the data dictionary has none. */
export function attributeNamed(keyword: string): DicomAttribute | null {
  attributes ??= loadDictionary();
  return attributes.get(keyword) ?? null;
}

/** Keywords of all attributes that can be read as text or numbers, in the order of tags: for suggestions. */
export function attributeKeywords(): readonly string[] {
  attributes ??= loadDictionary();
  keywords ??= [...attributes.values()].filter(({ vr }) => !notReadable.has(vr)).map(({ keyword }) => keyword);
  return keywords;
}

/** Loaded on first use: parsing dcmjs takes 80 ms, which no command that reads no attribute should pay. */
function loadDictionary(): ReadonlyMap<string, DicomAttribute> {
  const { data } = createRequire(import.meta.url)('dcmjs') as {
    readonly data: { readonly DicomMetaDictionary: { readonly nameMap: Readonly<Record<string, DcmjsEntry>> } };
  };
  const found = new Map<string, DicomAttribute>();
  const entries = Object.values(data.DicomMetaDictionary.nameMap).map((entry) => ({ ...entry, number: tagNumber(entry.tag) }));
  entries.sort((a, b) => a.number - b.number || Number(a.name.startsWith(retired)) - Number(b.name.startsWith(retired)));
  for (const { name, number, vr } of entries) {
    // Command sets (0000), meta headers (0002) and delimiters (FFFE) are no part of a dataset.
    if (number < 0x00030000 || number >= 0xfffe0000) continue;
    const keyword = name.startsWith(retired) ? name.slice(retired.length) : name;
    if (!found.has(keyword)) found.set(keyword, { keyword, tag: number, vr: choices[vr] ?? vr });
  }
  return found;
}

/** `(0018,0050)` → 0x00180050. */
function tagNumber(tag: string): number {
  return Number.parseInt(tag.slice(1, 5) + tag.slice(6, 10), 16);
}
