export { defaultPolicy, type Exhausted, type RetryPolicy } from './policy.ts';
export {
  nextRetry,
  type RetryHappening,
  type RetrySnapshot,
  type RetryStep,
  type RetryWait,
  startRetry,
} from './retry-cycle.ts';
export { type AttemptError, type RetryContext, type RetryEvent, retryMachine } from './retry-machine.ts';
export { spellDuration } from './spell-duration.ts';
