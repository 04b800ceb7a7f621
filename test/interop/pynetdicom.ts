import { join } from 'node:path';
import type { PeerPrograms } from '../peers/peers.ts';
import { LineProcess } from './line-process.ts';
import { type Called, contextsOf, type ProposedContext, type Sender } from './sender.ts';

const verification: ProposedContext = { sopClassUid: '1.2.840.10008.1.1', transferSyntaxUid: '1.2.840.10008.1.2' };

/** pynetdicom: sends a file's dataset as it stands there, in whatever contexts it is told to propose. */
export function pynetdicom({ python }: PeerPrograms<'pynetdicom'>): Sender {
  const sender = new LineProcess(python, [join(import.meta.dirname, 'pynetdicom_sender.py')]);
  const run = (called: Called, contexts: readonly ProposedContext[], task: object): Promise<string> =>
    sender.do({ ...called, contexts, echo: false, paths: [], ...task });
  return {
    storesAnyClass: true,
    echo: (called) => run(called, [verification], { echo: true }),
    store: (called, samples) => run(called, contextsOf(samples), { paths: samples.map(({ path }) => path) }),
    storeProposing: (called, samples, contexts) =>
      run(called, contexts, {
        paths: samples.map(({ path }) => path),
        // PS3.8 §9.3.2.2 asks for odd ids, in no order.
        contextIds: contexts.map((_, at) => 2 * (contexts.length - at) - 1),
      }),
    stop: () => sender.stop(),
  };
}
