import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Peer } from './sender-contract.ts';
import { contextOptions, type TlsCredentials } from './tls-credentials.ts';

/**
 * Begins to connect; `onReady` once bytes can be sent. With credentials: TLS, and only with a peer whose certificate is of the authorities and
 * for the name (PS3.15 §B.12, RFC 9325 §6).
 */
export function connectPeer({ host, port, tls }: Peer, credentials: TlsCredentials | null, onReady: () => void): Socket {
  // Nagle's algorithm would hold back the end of each dataset until the peer's delayed acknowledgement.
  const address = { host, port, noDelay: true };
  if (credentials === null) return connectPlain(address, onReady);
  const name = tls?.serverName ?? host;
  // An address is no server name (RFC 6066 §3); the certificate is held against it all the same.
  const servername = isIP(name) === 0 ? { servername: name } : {};
  return connectTls({ ...address, ...contextOptions(credentials), ...servername }, onReady);
}

/** Whether a connection failed for what TLS asks of it: codes of OpenSSL's errors and of X.509 verification, and Node's own. */
export function isTlsFailure(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(ERR_SSL_|ERR_TLS_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|EPROTO)/.test(
    code,
  );
}
