import { isIP } from 'node:net';
import type { SourceHost } from './config.ts';

/** Labels of RFC 1123 §2.1; underscores as well, which names of machines have all the same. */
const namePattern = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/;

/** A name, an address, or a network in CIDR form (RFC 4632, RFC 4291 §2.3); null where it is none of them. */
export function parseSourceHost(text: string): SourceHost | null {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version !== 0 && rest.length === 0) {
    const bits = version === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    // A zone is of this machine alone, and no part of what a network is.
    if (!(length <= bits) || address.includes('%')) return null;
    return { kind: 'network', address, prefix: length, family: version === 4 ? 'ipv4' : 'ipv6' };
  }
  // "10.1.2.300" is a mistyped address, and no name: no top-level domain is a number.
  return namePattern.test(text) && !/(^|\.)\d+\.?$/.test(text) ? { kind: 'name', name: text } : null;
}
