import type { Log } from '../log/index.ts';

const quietMs = 60_000;
/** What is remembered; beyond it some is said again too early. */
const maxKnown = 1_000;

/** Says why TLS handshakes fail: once a minute for a peer and reason, for a scanner or a peer that tries for ever must not fill the log. */
export class HandshakeLog {
  readonly #log: Log;
  readonly #known = new Map<string, { readonly toldAt: number; untold: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `why` is a code of Node's or OpenSSL's. */
  failed(peer: string | null, why: string): void {
    // Health checks connect and close, for ever.
    if (why === 'ECONNRESET') {
      this.#log.debug('a peer closed the connection in its TLS handshake', { peer });
      return;
    }
    const key = `${why} ${peer}`;
    const known = this.#known.get(key);
    if (known !== undefined && Date.now() - known.toldAt < quietMs) {
      known.untold += 1;
      return;
    }
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(key, { toldAt: Date.now(), untold: 0 });
    this.#log.warn('TLS handshake failed', { peer, why, untold: known?.untold ?? 0 });
  }
}
