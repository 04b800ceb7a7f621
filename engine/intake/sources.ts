import { BlockList, isIP } from 'node:net';
import { type AssociationProposal, plainAddress } from '../dicom/index.ts';
import type { AddressesOf } from './host-names.ts';

/** A peer that may send: its AE title exactly, and where it calls from. */
export interface SourceRules {
  readonly aeTitle: string;
  readonly hosts: readonly (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' }
  )[];
  /** Common name that its verified certificate must have; null: TLS is not asked for. */
  readonly certificate: string | null;
  readonly maxAssociations: number | null;
}

export type FoundSource =
  | { readonly outcome: 'known'; readonly name: string; readonly maxAssociations: number | null }
  | { readonly outcome: 'unknown'; readonly why: string }
  /** A name could not be resolved: nobody is let in on that, and nobody is turned away for good. */
  | { readonly outcome: 'undecided'; readonly why: string };

export type FindSource = (proposal: Pick<AssociationProposal, 'callingAeTitle' | 'peer' | 'tls'>) => Promise<FoundSource>;

/** Finds the source that a peer is. Addresses and networks are compared as such, whatever their spelling; names only where those do not decide. */
export function createFindSource(sources: Readonly<Record<string, SourceRules>>, addressesOf: AddressesOf): FindSource {
  const prepared = Object.entries(sources).map(([name, { aeTitle, hosts, certificate, maxAssociations }]) => {
    const networks = new BlockList();
    for (const host of hosts) if (host.kind === 'network') networks.addSubnet(host.address, host.prefix, host.family);
    const names = hosts.flatMap((host) => (host.kind === 'name' ? [host.name] : []));
    return { name, aeTitle, networks, names, certificate, maxAssociations };
  });

  return async ({ callingAeTitle, peer, tls }) => {
    const titled = prepared.filter(({ aeTitle }) => aeTitle === callingAeTitle);
    const able = titled.filter(({ certificate }) => certificate === null || (tls !== null && tls.subject === certificate));
    const found = (source: (typeof prepared)[number]): FoundSource => {
      return { outcome: 'known', name: source.name, maxAssociations: source.maxAssociations };
    };
    const address = plainAddress(peer);
    const near = able.find(({ networks }) => contains(networks, address));
    if (near !== undefined) return found(near);

    let unresolved: string | null = null;
    // All at once: a resolver that hangs costs its time once.
    const named = await Promise.all(
      able.map(async (source) => ({ source, answers: await Promise.all(source.names.map((name) => addressesOf(name))) })),
    );
    for (const { source, answers } of named) {
      if (answers.includes(null)) unresolved ??= source.name;
      const addresses = new BlockList();
      for (const each of answers.flatMap((answer) => answer ?? []).map(plainAddress)) {
        const version = isIP(each);
        if (version !== 0) addresses.addAddress(each, version === 4 ? 'ipv4' : 'ipv6');
      }
      if (contains(addresses, address)) return found(source);
    }
    if (unresolved !== null) return { outcome: 'undecided', why: `the host name of source ${unresolved} cannot be resolved now` };
    const lacking = titled.find((source) => !able.includes(source) && contains(source.networks, address));
    return {
      outcome: 'unknown',
      why:
        lacking === undefined ? 'no source has this AE title and host' : `it lacks the certificate that source ${lacking.name} must have`,
    };
  };
}

function contains(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
