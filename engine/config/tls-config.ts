import { resolve } from 'node:path';
import type { JsonSchema } from '../language/index.ts';

/** A port that takes TLS only. Paths are absolute, files PEM. */
export interface TlsConfig {
  /** 0: a free one. */
  readonly port: number;
  /** There is no plain port beside it. */
  readonly only: boolean;
  readonly certificate: string;
  readonly key: string;
  /** null: clients need no certificate. */
  readonly clientCa: string | null;
}

/** How a destination is reached with TLS. Paths are absolute, files PEM. */
export interface DestinationTls {
  /** null: the authorities that Node trusts. */
  readonly ca: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** null: the destination's host. */
  readonly serverName: string | null;
}

const pemFile = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description: `PEM file: ${description}` });

export const tlsShape: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'A port that takes TLS only, 1.2 or newer (PS3.15 §B.12).',
  required: ['certificate', 'key'],
  properties: {
    port: { type: 'integer', minimum: 0, maximum: 65_535, default: 2762, description: 'Port to listen at; 0 takes a free one.' },
    only: { type: 'boolean', default: false, description: 'Whether dicom.port, which is plain, is left closed.' },
    certificate: pemFile('our certificate first, then the intermediate ones up to its authority.'),
    key: pemFile('the private key of our certificate, without a passphrase.'),
    clientCa: pemFile('authorities; clients must show a certificate of one of them. Left out: they need none.'),
  },
};

export const destinationTlsShape: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'Send with TLS, to a peer whose certificate is valid for its host.',
  properties: {
    ca: pemFile("authorities of the peer's certificate. Left out: those that Node trusts."),
    certificate: pemFile('what we show a peer that asks for a certificate.'),
    key: pemFile('the private key of our certificate, without a passphrase.'),
    serverName: {
      type: 'string',
      minLength: 1,
      maxLength: 253,
      description: "The name in the peer's certificate, where it is not its host.",
    },
  },
  dependencies: { certificate: ['key'], key: ['certificate'] },
};

/** What may be left out of a file. */
export type GivenTls = Omit<TlsConfig, 'clientCa'> & Partial<Pick<TlsConfig, 'clientCa'>>;
export type GivenDestinationTls = Partial<DestinationTls>;

export function settleTls(given: GivenTls, folder: string): TlsConfig {
  const path = pathFrom(folder);
  const { port, only, certificate, key, clientCa } = given;
  return { port, only, certificate: resolve(folder, certificate), key: resolve(folder, key), clientCa: path(clientCa) };
}

export function settleDestinationTls({ ca, certificate, key, serverName = null }: GivenDestinationTls, folder: string): DestinationTls {
  const path = pathFrom(folder);
  return { ca: path(ca), certificate: path(certificate), key: path(key), serverName };
}

const pathFrom =
  (folder: string) =>
  (path: string | null | undefined): string | null =>
    path === undefined || path === null ? null : resolve(folder, path);
