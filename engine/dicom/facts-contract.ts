/** What is read from a stored file's head. */
export interface FileFacts {
  readonly sopClassUid: string | null;
  readonly sopInstanceUid: string | null;
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  readonly modality: string | null;
  readonly transferSyntaxUid: string;
  /** Where the dataset begins: bytes of preamble and meta header. */
  readonly datasetOffset: number;
}

export type DicomValue = string | number | readonly string[] | readonly number[] | null;

/** Reads a Part 10 file's first attributes, never its pixels. Throws GY3xx for what is not DICOM. */
export type ReadFileFacts = (path: string) => Promise<FileFacts>;

/** Reads attributes by keyword (`SliceThickness`, `AccessionNumber`); absent ones are null. For rules: the values go nowhere else. */
export type ReadAttributes = (path: string, keywords: readonly string[]) => Promise<Readonly<Record<string, DicomValue>>>;
