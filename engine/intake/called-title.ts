import { isKnownTransferSyntax, isStandardStorageSopClass } from '../dicom/index.ts';

/** Rules for one of our AE titles. */
export interface CalledTitleRules {
  /** Beside SOP classes and transfer syntaxes of the Standard: nothing, private SOP classes, or those and unknown transfer syntaxes. */
  readonly accept: 'standard' | 'private-sop-classes' | 'any';
  /** null: those of `accept`. */
  readonly allowedSopClasses: readonly string[] | null;
  readonly ignoredSopClasses: readonly string[];
  readonly overwriteSameInstance: boolean;
  readonly verification: boolean;
  readonly maxAssociations: number | null;
}

/** Whether a context for it is accepted. What is listed by its UID is, whatever `accept` says; an ignored class too, or its peer would retry for ever. */
export function acceptsSopClass({ accept, allowedSopClasses, ignoredSopClasses }: CalledTitleRules, sopClassUid: string): boolean {
  if (allowedSopClasses !== null) return allowedSopClasses.includes(sopClassUid);
  return accept !== 'standard' || isStandardStorageSopClass(sopClassUid) || ignoredSopClasses.includes(sopClassUid);
}

/** An unknown transfer syntax is one that perhaps nobody downstream can take: only who asked for it gets it. */
export const acceptsTransferSyntax = ({ accept }: CalledTitleRules, transferSyntaxUid: string): boolean =>
  accept === 'any' || isKnownTransferSyntax(transferSyntaxUid);
