/** Deflated Explicit VR Little Endian, and the JPIP referenced ones whose whole dataset is deflated too (PS3.5 §A.5, §A.7, §A.11). */
const deflated: ReadonlySet<string> = new Set(['1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.4.95', '1.2.840.10008.1.2.4.205']);

/** Whether datasets in this transfer syntax are deflated as a whole. */
export function isDeflated(transferSyntaxUid: string): boolean {
  return deflated.has(transferSyntaxUid);
}
