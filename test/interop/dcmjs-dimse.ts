import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineProcess } from './line-process.ts';
import { type Called, type ClientTls, contextsOf, type ProposedContext, type Sender } from './sender.ts';

/** What dcmjs-dimse-sender.ts is asked for. */
export interface DcmjsTask {
  readonly port: number;
  readonly calledAeTitle: string;
  readonly contexts: readonly ProposedContext[];
  readonly echo: boolean;
  readonly paths: readonly string[];
  readonly securityOptions: object | null;
}

/** dcmjs-dimse's Client, in a process of its own: the engine changes the library in its own one. */
export function dcmjsDimse(): Sender {
  const sender = new LineProcess(process.execPath, [join(import.meta.dirname, 'dcmjs-dimse-sender.ts')]);
  const run = async ({ port, calledAeTitle, tls }: Called, task: Partial<DcmjsTask>): Promise<string> => {
    const securityOptions = tls === undefined ? null : await optionsOf(tls);
    const whole: DcmjsTask = { contexts: [], echo: false, paths: [], ...task, port, calledAeTitle, securityOptions };
    return sender.do(whole);
  };
  return {
    storesAnyClass: true,
    echo: (called) => run(called, { echo: true }),
    store: (called, samples) => run(called, { contexts: contextsOf(samples), paths: samples.map(({ path }) => path) }),
    storeProposing: (called, samples, contexts) => {
      // The library proposes one of its own for each SOP class, and fails above 128.
      const own = new Set(samples.map(({ sopClassUid }) => sopClassUid)).size;
      return run(called, { contexts: contexts.slice(0, 128 - own), paths: samples.map(({ path }) => path) });
    },
    stop: () => sender.stop(),
  };
}

const optionsOf = async ({ authority, own }: ClientTls): Promise<object> => ({
  ca: await readFile(authority, 'latin1'),
  rejectUnauthorized: true,
  ...(own === null ? {} : { cert: await readFile(own.certificate, 'latin1'), key: await readFile(own.key, 'latin1') }),
});
