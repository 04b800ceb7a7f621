import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AssociationProposal, Rejection } from '../dicom/index.ts';

/** Who may associate, as configured now. */
export interface AdmissionRules {
  readonly rejectUnknownSources: boolean;
  readonly sources: Iterable<{ readonly aeTitle: string; readonly host: string }>;
  /** Titles that are configured or named by a workflow. */
  readonly calledAeTitles: ReadonlySet<string>;
  readonly spaceOpen: boolean;
}

/** PS3.8 Table 9-21. */
const callingNotRecognised = (why: string): Rejection => ({ result: 1, source: 1, reason: 3, why });
const calledNotRecognised = (why: string): Rejection => ({ result: 1, source: 1, reason: 7, why });
const temporaryCongestion = (why: string): Rejection => ({ result: 2, source: 3, reason: 1, why });

/** The calling AE title is judged first, then the called one, then space: an unknown peer learns nothing about ours. */
export async function judge(
  proposal: AssociationProposal,
  rules: AdmissionRules,
  resolveHost: ResolveHost = addressesOf,
): Promise<Rejection | null> {
  if (rules.rejectUnknownSources && !(await isKnownSource(proposal, rules.sources, resolveHost)))
    return callingNotRecognised('no source has this AE title and host');
  if (!rules.calledAeTitles.has(proposal.calledAeTitle)) return calledNotRecognised('no such AE title here');
  if (proposal.storage && !rules.spaceOpen) return temporaryCongestion('free space is below the reserve');
  return null;
}

export type ResolveHost = (host: string) => Promise<readonly string[]>;

async function isKnownSource(
  { callingAeTitle, peer }: AssociationProposal,
  sources: AdmissionRules['sources'],
  resolveHost: ResolveHost,
): Promise<boolean> {
  const address = plainAddress(peer);
  for (const { aeTitle, host } of sources) {
    if (aeTitle === callingAeTitle && (await resolveHost(host)).map(plainAddress).includes(address)) return true;
  }
  return false;
}

/** An IPv4 peer on a dual-stack socket shows as ::ffff:a.b.c.d. */
const plainAddress = (address: string): string => address.replace(/^::ffff:/i, '');

const cacheMs = 60_000;
const cache = new Map<string, { readonly until: number; readonly addresses: readonly string[] }>();

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const cached = cache.get(host);
  if (cached !== undefined && cached.until > Date.now()) return cached.addresses;
  const addresses = await lookup(host, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
  cache.set(host, { until: Date.now() + cacheMs, addresses });
  return addresses;
}
