import { defineSignal, setHandler } from '@temporalio/workflow';
import type { OperatorSignal, WakeSignal } from './contract.ts';
import { label } from './label.ts';

const wakeSignal = defineSignal<[WakeSignal]>('wake');
const retrySignal = defineSignal<[OperatorSignal?]>('retry');
const skipSignal = defineSignal<[OperatorSignal?]>('skip');
const failSignal = defineSignal<[OperatorSignal?]>('fail');
const completeNowSignal = defineSignal<[OperatorSignal?]>('complete-now');

/** What an operator said to a step that was waiting for it. */
export interface Order {
  readonly type: 'RETRY' | 'SKIP' | 'FAIL';
  readonly reason: string | null;
}

/** "skipped by an operator: PACS is being moved" */
export function inWords({ type, reason }: Order): string {
  const done = { RETRY: 'retried', SKIP: 'skipped', FAIL: 'failed' }[type];
  return `${done} by an operator${reason === null ? '' : `: ${reason}`}`;
}

/** What has come in by signal and is still to be looked at. The handlers only note things down: they finish at once and make no command. */
export class Inbox {
  readonly #group: number;
  readonly #onWaiting: (groups: number) => void;
  readonly #behind = new Map<number, WakeSignal>();
  #listening: string | null = null;
  #order: Order | null = null;
  /** Something happened in this run's group since the last decision. */
  woken = false;
  /** Why an operator wants the batch complete; null: none does. */
  completeNow: string | null = null;

  constructor(group: number, onWaiting: (groups: number) => void) {
    this.#group = group;
    this.#onWaiting = onWaiting;
    setHandler(wakeSignal, (signal) => this.#wake(signal), {
      description: 'Sent by the engine: a group of this Workflow Id has something to look at.',
    });
    setHandler(completeNowSignal, (signal) => this.#completeNow(signal), {
      description: 'Completes the batch now, with what has arrived. Input, may be left out: {"reason": "why"}',
    });
    setHandler(retrySignal, (signal) => this.#operator('RETRY', signal), {
      description: 'Tries the step again that is parked or pausing. Input, may be left out: {"step": "its id", "reason": "why"}',
    });
    setHandler(skipSignal, (signal) => this.#operator('SKIP', signal), {
      description: 'Goes on without the step that is parked or pausing. Input, may be left out: {"step": "its id", "reason": "why"}',
    });
    setHandler(failSignal, (signal) => this.#operator('FAIL', signal), {
      description:
        'Gives up the step that is parked or pausing, and with it the run. Input, may be left out: {"step": "its id", "reason": "why"}',
    });
  }

  /** The group to continue with. The newest: the ledger collects one group of a Workflow Id at a time, so an older one is settled. */
  get next(): WakeSignal | null {
    return this.#behind.get(Math.max(...this.#behind.keys())) ?? null;
  }

  /** From now on an order for this step is taken; what was said before was about another state of things. */
  listen(step: string): void {
    this.#listening = step;
    this.#order = null;
  }

  get order(): Order | null {
    return this.#order;
  }

  #wake(signal: unknown): void {
    if (!isRecord(signal) || typeof signal.group !== 'number' || typeof signal.definition !== 'string') return;
    const wake = signal as unknown as WakeSignal;
    if (wake.group > this.#group) {
      this.#behind.set(wake.group, wake);
      this.#onWaiting(this.#behind.size);
    } else if (wake.group === this.#group && (wake.reason === 'instances' || wake.reason === 'association-release')) {
      // Its other reasons ask for a run, and here it is.
      this.woken = true;
    }
  }

  #completeNow(signal: unknown): void {
    this.completeNow = reasonOf(signal) ?? 'an operator asked';
    this.woken = true;
  }

  #operator(type: Order['type'], signal: unknown): void {
    // The first word stands.
    if (this.#order !== null) return;
    const step = isRecord(signal) ? signal.step : undefined;
    if (step !== undefined && step !== null && step !== this.#listening) return;
    this.#order = { type, reason: reasonOf(signal) };
  }
}

// People type signals by hand in the Web UI: anything may come.
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

function reasonOf(signal: unknown): string | null {
  const reason = isRecord(signal) ? signal.reason : undefined;
  return typeof reason === 'string' && reason.trim() !== '' ? label(reason) : null;
}
