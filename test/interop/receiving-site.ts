import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultAeTitleRules } from '../../engine/config/index.ts';
import { createReceiver, type Receiver, readTlsCredentials, type TlsFiles } from '../../engine/dicom/index.ts';
import { createReceiverPolicy } from '../../engine/intake/index.ts';
import { type AssociationRow, type InstanceRow, type Ledger, openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createFolderStorage, type Storage } from '../../engine/storage/index.ts';

/** Titles that end like this take any SOP class and transfer syntax; others those of the Standard. */
const takesAny = (calledAeTitle: string): boolean => calledAeTitle.endsWith('_ANY');

/** The whole way of an instance as far as Success: receiver, policy, storage in a folder, ledger. No workflow takes anything away. */
export class ReceivingSite {
  readonly #ledger: Ledger;
  readonly #storage: Storage;
  readonly #receivers: Receiver[] = [];

  private constructor(ledger: Ledger, storage: Storage) {
    this.#ledger = ledger;
    this.#storage = storage;
  }

  static async open(folder: string): Promise<ReceivingSite> {
    const storage = await createFolderStorage({ root: join(folder, 'instances'), watermarkPercent: 99, reserveSpaceGb: 0 });
    return new ReceivingSite(await openLedger({ file: join(folder, 'ledger.db') }), storage);
  }

  /** Answers the port. */
  async listen(tls: TlsFiles | null): Promise<number> {
    const receiver = createReceiver({
      host: '127.0.0.1',
      port: 0,
      maxAssociations: 20,
      ...(tls === null ? {} : { tls: await readTlsCredentials(tls) }),
      policy: createReceiverPolicy({
        storage: this.#storage,
        ledger: this.#ledger,
        log: silentLog,
        rejectUnknownSources: false,
        sources: {},
        maxAssociationsPerPeer: null,
        maxInstanceSizeBytes: null,
        rulesOf: (called) => ({ ...defaultAeTitleRules, accept: takesAny(called) ? 'any' : 'standard' }),
        onRecorded() {},
        onAssociationEnd() {},
      }),
    });
    this.#receivers.push(receiver);
    return (await receiver.start()).port;
  }

  async close(): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.stop({ graceMs: 0 })));
    await this.#ledger.close();
  }

  async instances(calledAeTitle: string, sopInstanceUid: string): Promise<readonly InstanceRow[]> {
    const rows = await this.#ledger.instances({ calledAeTitle, limit: 1_000 });
    return rows.filter((row) => row.sopInstanceUid === sopInstanceUid);
  }

  /** The file in storage. */
  fileOf({ path }: InstanceRow): Promise<Buffer> {
    return readFile(this.#storage.resolve(path));
  }

  associations(calledAeTitle: string): Promise<readonly AssociationRow[]> {
    return this.#ledger.associations({ calledAeTitle, limit: 1_000 });
  }
}
