import type { TemporalBinary } from './find-binary.ts';
import { loopback, type Ports } from './ports.ts';
import { searchAttributeFlags } from './search-attributes.ts';

/** The command line of the embedded server: `temporal server start-dev …`. A killed engine's server is recognised by it (leftover.ts). */
export function serverArguments(binary: TemporalBinary, database: string, ports: Ports, namespace: string): string[] {
  return [
    ...['server', 'start-dev', '--db-filename', database],
    // Several times as fast as the defaults, and as safe: a commit is on disk when it returns.
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=full'],
    ...['--ip', loopback, '--port', String(ports.frontend), '--ui-ip', loopback, '--ui-port', String(ports.ui)],
    ...['--namespace', namespace, '--log-level', 'warn'],
    ...(binary.canDisableNews ? ['--ui-disable-news-fetch'] : []),
    ...searchAttributeFlags.flatMap((flag) => ['--search-attribute', flag]),
  ];
}
