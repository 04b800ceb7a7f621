const brand = Symbol.for('gantry.pluginError');

export interface PluginErrorOptions {
  /** For a retryable error: not before this many milliseconds; wins over the policy's backoff. */
  readonly retryAfterMs?: number;
  /** What the reader can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** What a plugin throws. `code` is what workflows' retry policies name: CamelCase, stable (`AssociationRejected`). */
export class PluginError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly hint: string | undefined;

  constructor(code: string, message: string, retryable: boolean, options: PluginErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PluginError';
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.hint = options.hint;
    // A brand, not instanceof: a plugin may carry its own copy of this package.
    Object.defineProperty(this, brand, { value: true });
  }
}

/** An error that may pass by itself: the step's retry policy decides. */
export function retryable(code: string, message: string, options?: PluginErrorOptions): PluginError {
  return new PluginError(code, message, true, options);
}

/** An error that trying again will not mend. */
export function fatal(code: string, message: string, options?: PluginErrorOptions): PluginError {
  return new PluginError(code, message, false, options);
}

export function isPluginError(error: unknown): error is PluginError {
  return typeof error === 'object' && error !== null && brand in error;
}
