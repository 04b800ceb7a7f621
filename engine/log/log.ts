import pino from 'pino';

/** Scalars on purpose: datasets, errors with datasets in them, and objects of unknown content do not go into logs. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Where the engine says what it does. Wire strings are JSON-escaped; no patient attribute is ever handed in. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** File descriptor, default 2: data goes to stdout, logs to stderr. */
  readonly fd?: number;
}

/** One JSON object a line (pino). */
export function createLog({ level, fd = 2 }: LogOptions): Log {
  const sink = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: fd, sync: true }));
  return {
    debug: (message, fields) => sink.debug(fields ?? {}, message),
    info: (message, fields) => sink.info(fields ?? {}, message),
    warn: (message, fields) => sink.warn(fields ?? {}, message),
    error: (message, fields) => sink.error(fields ?? {}, message),
  };
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
