import type { Buffer } from 'node:buffer';

/** What is read from a dataset's head. */
export interface DatasetFacts {
  readonly sopClassUid: string | null;
  readonly sopInstanceUid: string | null;
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  readonly modality: string | null;
}

/** What is read from a stored file's head. */
export interface FileFacts extends DatasetFacts {
  readonly transferSyntaxUid: string;
  /** Where the dataset begins: bytes of preamble and meta header. */
  readonly datasetOffset: number;
}

export type DicomValue = string | number | readonly string[] | readonly number[] | null;

/**
 * Reads a dataset's first attributes from its first bytes, which are all of it where `complete`; null where they are not enough, so that
 * its file must be asked. Throws GY3xx for what is not a dataset.
 */
export type ReadDatasetFacts = (head: Buffer, complete: boolean, transferSyntaxUid: string) => Promise<DatasetFacts | null>;

/** Reads a Part 10 file's first attributes, never its pixels. Throws GY3xx for what is not DICOM. */
export type ReadFileFacts = (path: string) => Promise<FileFacts>;

/** Reads attributes by keyword (`SliceThickness`, `AccessionNumber`); absent ones are null. For rules: the values go nowhere else. */
export type ReadAttributes = (path: string, keywords: readonly string[]) => Promise<Readonly<Record<string, DicomValue>>>;
