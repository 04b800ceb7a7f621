/** PS3.4 Annex A. */
export const verificationSopClassUid = '1.2.840.10008.1.1';

const dicomRoot = '1.2.840.10008.';
/** All composite storage of PS3.4 Annex B lives below it; query and retrieval are its siblings. */
const storageRoot = '1.2.840.10008.5.1.4.1.1.';

/** Storage SOP Classes that PS3.6 Table A-1 keeps elsewhere: RT delivery, implant templates, hanging protocol, colour palette. */
const storageElsewhere: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.34.1',
  '1.2.840.10008.5.1.4.34.7',
  '1.2.840.10008.5.1.4.34.10',
  '1.2.840.10008.5.1.4.38.1',
  '1.2.840.10008.5.1.4.39.1',
  '1.2.840.10008.5.1.4.43.1',
  '1.2.840.10008.5.1.4.44.1',
  '1.2.840.10008.5.1.4.45.1',
  // Retired with the print service, still met in archives.
  '1.2.840.10008.5.1.1.27',
  '1.2.840.10008.5.1.1.29',
  '1.2.840.10008.5.1.1.30',
]);

/** Whether an abstract syntax is, or may be, one for storage. Those of the Standard are known; a private one may be. */
export function isStorageSopClass(sopClassUid: string): boolean {
  return sopClassUid.startsWith(storageRoot) || storageElsewhere.has(sopClassUid) || !sopClassUid.startsWith(dicomRoot);
}
