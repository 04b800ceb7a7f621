import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PeerPrograms } from '../peers/peers.ts';
import { type Called, runPeer, type Sender } from './sender.ts';

/**
 * gdcmscu. It dies of an exception of its own (3.0.21, as 3.2.6) when it is all over: after the A-RELEASE-RP. Only what came before is judged,
 * on the wire.
 */
export function gdcmscu({ gdcmscu: program }: PeerPrograms<'gdcm'>, folder: string): Sender {
  const run = ({ port, calledAeTitle }: Called, ...options: readonly string[]): Promise<string> =>
    runPeer(program, [...options, '-H', '127.0.0.1', '-p', String(port), '--aetitle', 'GDCMSCU', '--call', calledAeTitle]);
  return {
    storesAnyClass: false,
    echo: (called) => run(called, '--echo'),
    async store(called, samples) {
      // Of several files it takes a folder only.
      const files = join(folder, called.calledAeTitle);
      await mkdir(files);
      await Promise.all(samples.map(({ path }) => copyFile(path, join(files, basename(path)))));
      return run(called, '--store', '-r', '-i', files);
    },
  };
}
