import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '../config/index.ts';
import { AssociationPlaces } from '../dicom/index.ts';
import { GantryError } from '../errors/index.ts';
import type { OpenLedger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { MetricsSnapshot } from '../metrics/index.ts';
import type { Address } from './listening.ts';
import type { FromThread, ThreadData, ToThread } from './protocol.ts';
import type { Receiving, ReceivingEvents } from './receiving.ts';

export interface ReceivingThreadsOptions extends ReceivingEvents {
  readonly count: number;
  readonly dicom: Config['dicom'];
  readonly storage: Config['storage'];
  /** Of instances. */
  readonly root: string;
  readonly ledger: OpenLedger;
  readonly log: Log;
  workflowAeTitles(): ReadonlySet<string>;
}

/**
 * Receives in several threads that listen on the same ports, where the operating system spreads connections over them (SO_REUSEPORT).
 * They share the limits and the ledger. Throws as `startListening`.
 */
export async function startReceivingThreads(options: ReceivingThreadsOptions): Promise<Receiving> {
  const { count, dicom, ledger, storage, root, log } = options;
  await using parts = new AsyncDisposableStack();
  const places = new AssociationPlaces(dicom.maxAssociations);
  const threads: ReceivingThread[] = [];
  parts.defer(async () => void (await Promise.all(threads.map((thread) => thread.stop()))));

  const start = async (ports: Config['dicom'], watchSpace: boolean): Promise<ReceivingThread> => {
    const data: ThreadData = {
      dicom: ports,
      storage,
      root,
      places: places.memory,
      ledger: ledger.connect(),
      workflowAeTitles: options.workflowAeTitles(),
      watchSpace,
    };
    const thread = new ReceivingThread(data, options, log);
    threads.push(thread);
    await thread.listening;
    return thread;
  };
  // The first takes the ports, which may be any free ones; the others join it there.
  const first = await start(dicom, true);
  const { plain, tls } = await first.listening;
  const joined: Config['dicom'] = {
    ...dicom,
    port: plain?.port ?? dicom.port,
    tls: dicom.tls === null ? null : { ...dicom.tls, port: tls?.port ?? dicom.tls.port },
  };
  await Promise.all(Array.from({ length: count - 1 }, () => start(joined, false)));

  const started = parts.move();
  return {
    plain,
    tls,
    failed: Promise.race(threads.map(({ failed }) => failed)),
    metrics: async () => (await Promise.all(threads.map((thread) => thread.metrics()))).flat(),
    renew() {
      for (const thread of threads) thread.send({ do: 'know', workflowAeTitles: options.workflowAeTitles() });
    },
    stop: () => started.disposeAsync(),
  };
}

/** One of the threads, seen from the engine. */
class ReceivingThread {
  readonly listening: Promise<{ readonly plain: Address | null; readonly tls: Address | null }>;
  /** Resolves when it ends without having been told to. */
  readonly failed: Promise<Error>;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #stopping = false;
  #measuring: PromiseWithResolvers<readonly MetricsSnapshot[]> | null = null;

  constructor(data: ThreadData, events: ReceivingEvents, log: Log) {
    // .ts from a clone, .js where it is built.
    this.#worker = new Worker(new URL(`./thread${extname(import.meta.filename)}`, import.meta.url), {
      workerData: data,
      transferList: [data.ledger],
      name: 'gantry-receiver',
    });
    const listening = Promise.withResolvers<{ readonly plain: Address | null; readonly tls: Address | null }>();
    const failed = Promise.withResolvers<Error>();
    this.listening = listening.promise;
    this.failed = failed.promise;
    const end = (error: Error): void => {
      listening.reject(error);
      this.#measuring?.resolve([]);
      if (!this.#stopping) failed.resolve(error);
    };
    this.#worker.on('message', (message: FromThread) => {
      switch (message.say) {
        case 'listening':
          return listening.resolve(message);
        case 'refused':
          return listening.reject(asError(message));
        case 'recorded':
          return events.onRecorded();
        case 'association-ended':
          return events.onAssociationEnd();
        case 'measured':
          this.#measuring?.resolve(message.metrics);
          this.#measuring = null;
          return;
        case 'log':
          return log[message.level](message.message, message.fields);
      }
    });
    this.#worker.on('error', (error) =>
      end(
        new GantryError('GY310', `a receiving thread failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error }),
      ),
    );
    this.#ended = new Promise((resolve) =>
      this.#worker.on('exit', () => {
        end(new GantryError('GY310', 'a receiving thread has ended'));
        resolve();
      }),
    );
    // Whoever starts it awaits `listening`; if that is over, the rejection at its end is nobody's.
    listening.promise.catch(() => {});
  }

  send(order: ToThread): void {
    this.#worker.postMessage(order);
  }

  metrics(): Promise<readonly MetricsSnapshot[]> {
    if (this.#measuring === null) {
      this.#measuring = Promise.withResolvers();
      this.send({ do: 'measure' });
    }
    return this.#measuring.promise;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.send({ do: 'stop' });
    await this.#ended;
  }
}

function asError({ code, message, mend }: Extract<FromThread, { readonly say: 'refused' }>): Error {
  return code === null ? new Error(message) : new GantryError(code, message, mend === null ? {} : { mend });
}
