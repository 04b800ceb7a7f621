import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AssociationTerms, createReceiver, isKnownTransferSyntax, part10Header, storeStatus } from '../dicom/index.ts';
import { silentLog } from '../log/index.ts';

export interface DemoPacs {
  readonly port: number;
  /** Files it stored, in order. */
  readonly files: readonly { readonly sopInstanceUid: string; readonly path: string }[];
  /** Associations it rejected. */
  readonly rejected: number;
  stop(): Promise<void>;
}

const busyMs = 1_000;

const terms: AssociationTerms = {
  limits: [],
  verification: true,
  largestInstanceBytes: null,
  acceptsSopClass: () => true,
  acceptsTransferSyntax: isKnownTransferSyntax,
};

/** A second DICOM receiver that plays the PACS. It is busy for a second from when it is first called: A-ASSOCIATE-RJ 2/3/2, which peers are to try again. */
export async function startDemoPacs(folder: string): Promise<DemoPacs> {
  await mkdir(folder, { recursive: true });
  const files: { sopInstanceUid: string; path: string }[] = [];
  let rejected = 0;
  let begun = 0;
  let busyUntil: number | null = null;
  const receiver = createReceiver({
    host: '127.0.0.1',
    port: 0,
    maxAssociations: 4,
    log: silentLog,
    policy: {
      admit() {
        busyUntil ??= Date.now() + busyMs;
        if (Date.now() > busyUntil) return terms;
        rejected += 1;
        return { result: 2, source: 3, reason: 2, why: 'busy' };
      },
      opened() {},
      closed() {},
      instance({ association, sopClassUid, sopInstanceUid, transferSyntaxUid }) {
        const { callingAeTitle, calledAeTitle } = association;
        const chunks = [part10Header({ sopClassUid, sopInstanceUid, transferSyntaxUid, callingAeTitle, calledAeTitle })];
        begun += 1;
        const path = join(folder, `${begun}.dcm`);
        return {
          write(chunk) {
            chunks.push(Buffer.from(chunk));
            return true;
          },
          drained: () => Promise.resolve(),
          discard: () => Promise.resolve(),
          async finish() {
            await writeFile(path, Buffer.concat(chunks));
            files.push({ sopInstanceUid, path });
            return storeStatus.success();
          },
        };
      },
    },
  });
  const { port } = await receiver.start();
  return {
    port,
    files,
    get rejected() {
      return rejected;
    },
    stop: () => receiver.stop(),
  };
}
