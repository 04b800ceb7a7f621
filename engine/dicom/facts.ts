import { GantryError } from '../errors/index.ts';
import { readDatasetHead, readHeadInMemory } from './dataset-head.ts';
import { attributeNamed } from './dictionary.ts';
import type { DatasetFacts, DicomValue, FileFacts, ReadAttributes, ReadDatasetFacts, ReadFileFacts } from './facts-contract.ts';
import { formatTag, malformedDicom } from './malformed.ts';
import { isValidUid } from './uid.ts';

const factTags = new Map([
  [0x00080016, 'UI'],
  [0x00080018, 'UI'],
  [0x00080060, 'CS'],
  [0x0020000d, 'UI'],
  [0x0020000e, 'UI'],
]);

/**
 * Reads UIDs and modality from the head of a Part 10 file, in any transfer syntax, never its pixels. Absent ones are null.
 * Throws GY303 (not Part 10), GY341 (not well-formed, or a UID that cannot identify anything), GY342 (too deep or too far), GY344 (not readable).
 */
export const readFileFacts: ReadFileFacts = async (path) => {
  const { meta, values } = await readDatasetHead(path, factTags);
  const { transferSyntaxUid, datasetOffset } = meta;
  return { ...factsOf(path, values), transferSyntaxUid, datasetOffset } satisfies FileFacts;
};

/** The same from a dataset's first bytes. Throws GY341, GY342. */
export const readDatasetFacts: ReadDatasetFacts = async (head, complete, transferSyntaxUid) => {
  const values = await readHeadInMemory(head, complete, transferSyntaxUid, factTags);
  return values === null ? null : factsOf('the dataset', values);
};

function factsOf(path: string, values: ReadonlyMap<number, DicomValue>): DatasetFacts {
  return {
    sopClassUid: uid(path, 0x00080016, values),
    sopInstanceUid: uid(path, 0x00080018, values),
    studyInstanceUid: uid(path, 0x0020000d, values),
    seriesInstanceUid: uid(path, 0x0020000e, values),
    modality: modality(values.get(0x00080060)),
  };
}

/**
 * Reads attributes by keyword; text in its character set, DS, IS and binary numbers as numbers, several values as an array.
 * null: absent, empty, a sequence, bulk data, or a number that is none. Throws as `readFileFacts`, and GY343 for an unknown keyword.
 */
export const readAttributes: ReadAttributes = async (path, keywords) => {
  const named = new Map(keywords.map((keyword) => [keyword, knownAttribute(keyword)]));
  const wanted = new Map([...named.values()].map(({ tag, vr }) => [tag, vr]));
  const { values } = await readDatasetHead(path, wanted);
  return Object.fromEntries([...named].map(([keyword, { tag }]) => [keyword, values.get(tag) ?? null]));
};

function knownAttribute(keyword: string): { readonly tag: number; readonly vr: string } {
  const attribute = attributeNamed(keyword);
  if (attribute === null) throw new GantryError('GY343', `no DICOM attribute has the keyword ${JSON.stringify(keyword)}`);
  return attribute;
}

function uid(path: string, tag: number, values: ReadonlyMap<number, DicomValue>): string | null {
  const value = values.get(tag) ?? null;
  if (value === null) return null;
  if (typeof value === 'string' && isValidUid(value)) return value;
  throw malformedDicom(path, `the value of ${formatTag(tag)} is not a UID`);
}

/** (0008,0060) of one value, as long as a CS may be (PS3.5 §6.2); anything else is no modality. */
function modality(value: DicomValue | undefined): string | null {
  return typeof value === 'string' && /^[\x20-\x7e]{1,16}$/.test(value) ? value : null;
}
