import type { Config } from '../config/index.ts';
import { expiredOf, expiriesOf, readTlsCredentials, type TlsFiles } from '../dicom/index.ts';

/** What the configuration names for TLS, by what it is for. */
export function tlsFilesOf(config: Config | null): { readonly name: string; readonly files: TlsFiles }[] {
  if (config === null) return [];
  const { tls, destinations } = config.dicom;
  const ours = tls === null ? [] : [{ name: 'TLS', files: { certificate: tls.certificate, key: tls.key, ca: tls.clientCa } }];
  const theirs = Object.entries(destinations).flatMap(([name, destination]) =>
    destination.tls === undefined ? [] : [{ name: `TLS with ${name}`, files: destination.tls }],
  );
  return [...ours, ...theirs];
}

/** Until when the files do. Throws GY304 to GY307. */
export async function lookAtTls(files: TlsFiles): Promise<string> {
  const credentials = await readTlsCredentials(files);
  const [expired] = expiredOf(credentials, files);
  if (expired !== undefined) throw expired;
  const ends = expiriesOf(credentials, files).map(({ file, validTo }) => `${file} until ${new Date(validTo).toISOString().slice(0, 10)}`);
  return ends.length === 0 ? 'the authorities that Node trusts' : ends.join(', ');
}
