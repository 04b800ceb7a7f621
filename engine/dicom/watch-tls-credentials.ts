import { GantryError } from '../errors/index.ts';
import type { Log } from '../log/index.ts';
import { expiredOf, expiriesOf, readTlsCredentials, type TlsCredentials, type TlsFiles } from './tls-credentials.ts';

export interface TlsCredentialsWatch {
  /** What the files held when they were last right. */
  current(): TlsCredentials;
  close(): void;
}

export interface TlsWatchOptions {
  readonly log: Log;
  /** New credentials, read and judged. */
  onChange(credentials: TlsCredentials): void;
  /** How often the files are read, default 2,000. */
  readonly everyMs?: number;
}

const dayMs = 86_400_000;
const warnDays = 30;

/**
 * Reads PEM files now and again, and tells of new ones, which are in force within 5 s; broken or expired ones are logged, and what was in force stays.
 * Warns daily from 30 days before a certificate expires. Throws GY304 to GY306 for what is there at the start; an expired certificate is
 * only logged then, for the peers that do not look at it can go on sending.
 *
 * Read again, not watched: mounted secrets are swapped by links, network file systems tell of no change, and three small files cost nothing.
 */
export async function watchTlsCredentials(files: TlsFiles, options: TlsWatchOptions): Promise<TlsCredentialsWatch> {
  const { log, onChange, everyMs = 2_000 } = options;
  let current = await readTlsCredentials(files);
  let judged = JSON.stringify(current);
  let seen = judged;
  let closed = false;
  let timer: NodeJS.Timeout;

  const look = async (): Promise<void> => {
    const found = await readTlsCredentials(files).catch((error: unknown) => error as Error);
    const mark = found instanceof Error ? found.message : JSON.stringify(found);
    // A certificate and its key are two files, replaced one after the other: a change counts when it reads the same twice.
    const settled = mark === seen;
    seen = mark;
    if (closed || !settled || mark === judged) return;
    judged = mark;
    const broken = found instanceof Error ? found : expiredOf(found, files)[0];
    if (broken !== undefined) return tellBroken(broken, log);
    if (found instanceof Error || mark === JSON.stringify(current)) return;
    current = found;
    log.info('new TLS certificate in force', { file: files.certificate });
    tellExpiry(current, files, log);
    onChange(current);
  };
  const again = (): void => {
    timer = setTimeout(() => void look().finally(() => closed || again()), everyMs);
  };
  again();

  tellExpiry(current, files, log);
  const daily = setInterval(() => tellExpiry(current, files, log), dayMs);
  return {
    current: () => current,
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(daily);
    },
  };
}

function tellBroken(error: Error, log: Log): void {
  const { code, mend } = error instanceof GantryError ? error : { code: null, mend: null };
  log.error('the new TLS certificate cannot be used; the one before stays in force', { code, error: error.message, mend });
}

function tellExpiry(credentials: TlsCredentials, files: TlsFiles, log: Log): void {
  for (const { code, message, mend } of expiredOf(credentials, files)) log.error(message, { code, mend });
  for (const { file, validTo } of expiriesOf(credentials, files)) {
    const days = Math.floor((validTo - Date.now()) / dayMs);
    if (days >= 0 && days < warnDays) log.warn('a TLS certificate expires soon', { file, validTo: new Date(validTo).toISOString(), days });
  }
}
