import { IllegalStateError } from '@temporalio/common';
import { type LogLevel, type LogMetadata, Runtime } from '@temporalio/worker';
import type { Log, LogFields } from '../log/index.ts';

/** While the server is away each of the SDK's twenty pollers says so at each try. */
const retryTarget = 'temporalio_client::retry';
const retryEveryMs = 30_000;

/** The newest worker's: the logger of a runtime cannot be changed. */
let current: Log | undefined;
let retrySaidAt = 0;

/**
 * Has Temporal's SDK, native part included, log where we do, and leaves signals to us: a worker stops when the engine
 * stops it, after the receiver.
 */
export function routeSdkLogs(log: Log): void {
  current = log;
  try {
    Runtime.install({
      shutdownSignals: [],
      telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
      logger: {
        log: write,
        trace() {},
        debug() {},
        info: (message, meta) => write('INFO', message, meta),
        warn: (message, meta) => write('WARN', message, meta),
        error: (message, meta) => write('ERROR', message, meta),
      },
    });
  } catch (error) {
    // One at a time in a process: it is there until its last worker and connection are gone, and this one asks for `current`.
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

function write(level: LogLevel, message: string, meta?: LogMetadata): void {
  if (meta?.target === retryTarget) {
    if (Date.now() - retrySaidAt < retryEveryMs) return;
    retrySaidAt = Date.now();
    current?.warn('Temporal does not answer the worker, which keeps trying', { call: message });
    return;
  }
  const to = level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : 'debug';
  // Information of the SDK is detail to us.
  current?.[to](`temporal: ${message}`, scalars(meta));
}

/** Errors by their message, and no other objects: what they hold is not known. Task tokens say nothing to anybody. */
function scalars(meta: LogMetadata = {}): LogFields {
  const fields: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(meta)) {
    if (key === 'taskToken') continue;
    if (value instanceof Error) fields[key] = value.message.split('\n', 1)[0]?.slice(0, 500) ?? '';
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') fields[key] = value;
  }
  return fields;
}
