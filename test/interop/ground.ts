import { join } from 'node:path';
import { Authority, type CertificateFiles } from '../dicom/certificates.ts';
import { type EncoderPrograms, type EncodingName, encodings } from './encodings.ts';
import { ReceivingSite } from './receiving-site.ts';
import { privateSopClass, type Sample, Samples } from './samples.ts';

/** What all senders share: one receiver with its storage and ledger, and the same files. */
export interface Ground {
  readonly site: ReceivingSite;
  readonly plainPort: number;
  readonly tlsPort: number;
  /** TLS, and the sender must show a certificate. */
  readonly mutualTlsPort: number;
  readonly authority: string;
  /** The senders' certificate. */
  readonly own: CertificateFiles;
  readonly ownName: string;
  readonly encoded: ReadonlyMap<EncodingName, readonly Sample[]>;
  readonly privateClass: Sample;
  readonly privateSyntax: Sample;
  /** Each of another SOP class, for a sender that proposes what its files need. */
  readonly manyClasses: readonly Sample[];
}

const ownName = 'Interoperable sender';

export async function prepareGround(folder: string, programs: EncoderPrograms, openssl: string): Promise<Ground> {
  const authority = await Authority.create(openssl, join(folder, 'authority'));
  const [receiver, own] = [await authority.issue('receiver'), await authority.issue(ownName, { as: 'sender' })];
  const samples = await Samples.make(join(folder, 'samples'), programs);
  const encoded = new Map<EncodingName, readonly Sample[]>();
  for (const encoding of encodings) encoded.set(encoding.name, await samples.encoded(encoding));
  const manyClasses = await Promise.all(Array.from({ length: 64 }, (_, at) => samples.ofClass(`${privateSopClass}.${at + 1}`)));
  const site = await ReceivingSite.open(folder);
  return {
    site,
    plainPort: await site.listen(null),
    tlsPort: await site.listen({ ...receiver, ca: null }),
    mutualTlsPort: await site.listen({ ...receiver, ca: authority.ca }),
    authority: authority.ca,
    own,
    ownName,
    encoded,
    privateClass: await samples.ofClass(privateSopClass),
    privateSyntax: await samples.inPrivateTransferSyntax(),
    manyClasses,
  };
}
