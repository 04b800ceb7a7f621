import { isValidUid } from './uid.ts';

/** PS3.4 Annex A. */
export const verificationSopClassUid = '1.2.840.10008.1.1';

const dicomRoot = '1.2.840.10008.';
/** All composite storage of PS3.4 Annex B lives below it; query and retrieval are its siblings. */
export const storageSopClassRoot = '1.2.840.10008.5.1.4.1.1.';

/** Storage SOP Classes that PS3.6 Table A-1 keeps elsewhere: RT delivery, implant templates, hanging protocol, colour palette. */
export const storageSopClassesElsewhere: ReadonlySet<string> = new Set([
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

/** Whether it is a Storage SOP Class of the Standard (PS3.4 Annex B), those included that later editions add below the same root. */
export function isStandardStorageSopClass(sopClassUid: string): boolean {
  return sopClassUid.startsWith(storageSopClassRoot) || storageSopClassesElsewhere.has(sopClassUid);
}

/** Whether an abstract syntax is, or may be, one for storage: those of the Standard are known; a private one may be. */
export function isStorageSopClass(sopClassUid: string): boolean {
  return isValidUid(sopClassUid) && (isStandardStorageSopClass(sopClassUid) || !sopClassUid.startsWith(dicomRoot));
}
