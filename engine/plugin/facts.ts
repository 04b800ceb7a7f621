import { Type } from 'typebox';

/**
 * What is known of one received SOP Instance without its patient: UIDs, sizes, AE titles, times.
 * `attributes` holds only what the grouping declared it reads.
 */
export interface InstanceFacts {
  /** The ledger's sequence number: unique, ascending in the order of recording. */
  readonly sequence: number;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** null where the dataset has none (a Type 1 violation that is accounted for, not lost). */
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  /** (0008,0060) */
  readonly modality: string | null;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly associationId: string;
  /** Bytes of the Part 10 file. */
  readonly sizeBytes: number;
  /** Milliseconds since the epoch, when its last byte was written. */
  readonly receivedAt: number;
  /** By keyword (`AccessionNumber`); read on the host for this call, kept nowhere. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export type AttributeValue = string | number | readonly string[] | readonly number[] | null;

/** What a group's instances come to. */
export interface GroupTotals {
  readonly instances: number;
  readonly series: number;
  readonly sizeBytes: number;
  /** Arrival of the first and the last, milliseconds since the epoch. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly modalities: readonly string[];
  readonly callingAeTitles: readonly string[];
}

/** A set of DICOM files by reference: the group's own instances, or what a step made. Files never travel in payloads. */
export interface InstanceSet {
  readonly set: string;
  readonly count: number;
  readonly sizeBytes: number;
}

/** The schema of an `InstanceSet`; an option with this schema takes a step's `output.instances`. */
export const instanceSetSchema = Type.Object(
  { set: Type.String(), count: Type.Integer(), sizeBytes: Type.Integer() },
  { additionalProperties: false, description: 'A set of DICOM files, by reference.', 'x-gantry': 'instances' },
);
