import { type AssociationProposal, type AssociationTerms, plainAddress, type Rejection } from '../dicom/index.ts';
import { acceptsSopClass, acceptsTransferSyntax, type CalledTitleRules } from './called-title.ts';
import type { FindSource } from './sources.ts';

/** Who may associate, and on which terms, as configured now. */
export interface AdmissionRules {
  readonly rejectUnknownSources: boolean;
  readonly findSource: FindSource;
  /** null: no AE title of ours. */
  rulesOf(calledAeTitle: string): CalledTitleRules | null;
  readonly maxAssociationsPerPeer: number | null;
  readonly maxInstanceSizeBytes: number | null;
  readonly spaceOpen: boolean;
}

/** PS3.8 Table 9-21. */
const callingNotRecognised = (why: string): Rejection => ({ result: 1, source: 1, reason: 3, why });
const calledNotRecognised = (why: string): Rejection => ({ result: 1, source: 1, reason: 7, why });
const temporaryCongestion = (why: string): Rejection => ({ result: 2, source: 3, reason: 1, why });

/** The calling AE title is judged first, then the called one, then space: an unknown peer learns nothing about ours. */
export async function judge(proposal: AssociationProposal, rules: AdmissionRules): Promise<Rejection | AssociationTerms> {
  const source = await rules.findSource(proposal);
  if (rules.rejectUnknownSources && source.outcome === 'undecided') return temporaryCongestion(source.why);
  if (rules.rejectUnknownSources && source.outcome === 'unknown') return callingNotRecognised(source.why);
  const called = rules.rulesOf(proposal.calledAeTitle);
  if (called === null) return calledNotRecognised('no such AE title here');
  if (proposal.storage && !rules.spaceOpen) return temporaryCongestion('free space is below the reserve');

  const limits = [
    { name: `called ${proposal.calledAeTitle}`, most: called.maxAssociations },
    { name: `peer ${plainAddress(proposal.peer)}`, most: rules.maxAssociationsPerPeer },
    ...(source.outcome === 'known' ? [{ name: `source ${source.name}`, most: source.maxAssociations }] : []),
  ];
  return {
    limits: limits.flatMap(({ name, most }) => (most === null ? [] : [{ name, most }])),
    verification: called.verification,
    largestInstanceBytes: rules.maxInstanceSizeBytes,
    acceptsSopClass: (sopClassUid) => acceptsSopClass(called, sopClassUid),
    acceptsTransferSyntax: (transferSyntaxUid) => acceptsTransferSyntax(called, transferSyntaxUid),
  };
}
