import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { peerEnvironment } from '../peers/peers.ts';
import type { Sample } from './samples.ts';

/** PEM files of a peer that connects by TLS. */
export interface ClientTls {
  readonly authority: string;
  /** null: it shows none. */
  readonly own: { readonly certificate: string; readonly key: string } | null;
}

/** Whom to call. */
export interface Called {
  readonly port: number;
  readonly calledAeTitle: string;
  readonly tls?: ClientTls;
}

export interface ProposedContext {
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
}

/**
 * A peer that sends. Each method answers what the peer said of it, to be shown where a test fails: what came of it is read on the wire.
 */
export interface Sender {
  echo(called: Called): Promise<string>;
  store(called: Called, samples: readonly Sample[]): Promise<string>;
  /** Whether it proposes SOP classes that it does not know. */
  readonly storesAnyClass: boolean;
  /** Proposes these contexts, which are those of the samples and more. Left out: it cannot be told what to propose. */
  storeProposing?(called: Called, samples: readonly Sample[], contexts: readonly ProposedContext[]): Promise<string>;
  stop?(): Promise<void>;
}

/** Runs a peer's program to its end, and answers what it wrote and how it ended. */
export async function runPeer(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { env: peerEnvironment, stdio: 'pipe', timeout: 60_000 });
  child.stdin.end(input);
  const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return `${stdout}${stderr}(ended with ${signal ?? code})`;
}

/** What a file needs: its SOP class in its transfer syntax. */
export const contextsOf = (samples: readonly Sample[]): ProposedContext[] => {
  const pairs = new Map(samples.map((sample) => [`${sample.sopClassUid} ${sample.transferSyntaxUid}`, sample]));
  return [...pairs.values()].map(({ sopClassUid, transferSyntaxUid }) => ({ sopClassUid, transferSyntaxUid }));
};
