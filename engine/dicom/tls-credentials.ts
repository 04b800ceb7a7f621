import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { GantryError } from '../errors/index.ts';
import { tlsProfile } from './tls-profile.ts';

/** PEM files of one side of a connection. */
export interface TlsFiles {
  /** What this side shows, with the intermediate certificates that lead to its authority. */
  readonly certificate: string | null;
  readonly key: string | null;
  /** Authorities that the other side's certificate must come from. */
  readonly ca: string | null;
}

/** What the files hold. */
export type TlsCredentials = TlsFiles;

/**
 * Reads PEM files and judges them together, whatever their validity in time.
 * Throws GY304 (cannot be read), GY305 (not what it should be), GY306 (key and certificate are no pair).
 */
export async function readTlsCredentials(files: TlsFiles): Promise<TlsCredentials> {
  const [certificate, key, ca] = await Promise.all([readPem(files.certificate), readPem(files.key), readPem(files.ca)]);
  const own = certificatesIn(certificate, files.certificate)[0];
  certificatesIn(ca, files.ca);
  const pair = own !== undefined && key !== null && own.checkPrivateKey(privateKeyIn(key, files.key));
  if (!pair && (own !== undefined || key !== null))
    throw new GantryError('GY306', `${files.key ?? 'no key'} is not the key of ${files.certificate ?? 'no certificate'}`);
  const credentials = { certificate, key, ca };
  try {
    createSecureContext(contextOptions(credentials));
  } catch (cause) {
    throw new GantryError('GY305', `OpenSSL refuses ${files.certificate ?? files.ca}: ${messageOf(cause)}`, { cause });
  }
  return credentials;
}

/** For a server's or a client's context: the profile, and what this side shows and trusts. Without a `ca`, Node's own authorities are trusted. */
export function contextOptions({ certificate, key, ca }: TlsCredentials): SecureContextOptions {
  return {
    ...tlsProfile,
    ...(certificate === null ? {} : { cert: certificate }),
    ...(key === null ? {} : { key }),
    ...(ca === null ? {} : { ca }),
  };
}

export interface Expiry {
  readonly file: string;
  /** Unix milliseconds, of the certificate in the file that ends first. */
  readonly validTo: number;
}

/** When each file of certificates ends to be valid. */
export function expiriesOf(credentials: TlsCredentials, files: TlsFiles): Expiry[] {
  return (['certificate', 'ca'] as const).flatMap((name) => {
    const file = files[name];
    if (file === null) return [];
    const ends = certificatesIn(credentials[name], file).map(({ validToDate }) => validToDate.getTime());
    return [{ file, validTo: Math.min(...ends) }];
  });
}

/** GY307 for each file of certificates that is not valid any more. */
export function expiredOf(credentials: TlsCredentials, files: TlsFiles): GantryError[] {
  return expiriesOf(credentials, files)
    .filter(({ validTo }) => validTo <= Date.now())
    .map(({ file, validTo }) => new GantryError('GY307', `${file} expired on ${new Date(validTo).toISOString()}`));
}

async function readPem(file: string | null): Promise<string | null> {
  if (file === null) return null;
  try {
    return await readFile(file, 'latin1');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new GantryError('GY304', `${file} cannot be read (${code})`, { cause });
  }
}

function certificatesIn(pem: string | null, file: string | null): X509Certificate[] {
  if (pem === null) return [];
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (blocks === null) throw new GantryError('GY305', `${file} holds no certificate in PEM form`);
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new GantryError('GY305', `${file} holds a damaged certificate`, { cause });
    }
  });
}

function privateKeyIn(pem: string, file: string | null): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new GantryError('GY305', `${file} holds no private key in PEM form without a passphrase`, { cause });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
