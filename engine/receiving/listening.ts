import type { Config } from '../config/index.ts';
import {
  type AssociationPlaces,
  createReceiver,
  type Receiver,
  type ReceiverPolicy,
  type TlsFiles,
  watchTlsCredentials,
} from '../dicom/index.ts';
import type { Log } from '../log/index.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ListeningOptions {
  readonly dicom: Pick<Config['dicom'], 'host' | 'port' | 'tls' | 'maxPduLength' | 'timers'>;
  readonly places: AssociationPlaces;
  /** Other threads listen on the same ports. */
  readonly sharePorts: boolean;
  readonly policy: ReceiverPolicy;
  readonly log: Log;
}

export interface Listening {
  /** null where it does not listen without TLS, or with it. */
  readonly plain: Address | null;
  readonly tls: Address | null;
  stop(): Promise<void>;
}

/**
 * Receives on a plain port, a TLS port, or both; limits hold for the two together. Certificates are renewed while it runs.
 * Throws GY302 (cannot listen), GY304 to GY306 (the files for TLS).
 */
export async function startListening({ dicom, places, sharePorts, policy, log }: ListeningOptions): Promise<Listening> {
  await using parts = new AsyncDisposableStack();
  const { host, port, tls, maxPduLength, timers } = dicom;
  const shared = { host, policy, log, maxPduLength, timers, maxAssociations: places, sharePort: sharePorts };
  const receivers: Receiver[] = [];
  parts.defer(async () => void (await Promise.all(receivers.map((receiver) => receiver.stop()))));
  const listen = (receiver: Receiver): Promise<Address> => {
    receivers.push(receiver);
    return receiver.start();
  };

  const plain = tls?.only === true ? null : await listen(createReceiver({ ...shared, port }));
  let secure: Address | null = null;
  if (tls !== null) {
    const files: TlsFiles = { certificate: tls.certificate, key: tls.key, ca: tls.clientCa };
    const watch = await watchTlsCredentials(files, { log, onChange: (credentials) => receiver.renewTls(credentials) });
    parts.defer(async () => watch.close());
    const receiver = createReceiver({ ...shared, port: tls.port, tls: watch.current() });
    secure = await listen(receiver);
  }

  const started = parts.move();
  return { plain, tls: secure, stop: () => started.disposeAsync() };
}
