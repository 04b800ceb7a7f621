import { type CommandSet, parseCommandSet } from './command-set.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { abortReason } from './pdu.ts';
import type { Fragment } from './pdu-framer.ts';
import { ProtocolViolation } from './protocol-violation.ts';

/** A command set has a few hundred bytes; N-GET's list of attributes can make it longer. */
const maxCommandSetLength = 65_536;

/**
 * Puts fragments together to DIMSE messages: a command set, then its dataset if it has one, all in one presentation context, never
 * interleaved with another message (PS3.7 §6.3.1, PS3.8 §E.1). Datasets are passed through, not kept.
 */
export class MessageAssembler {
  #state: 'between' | 'command' | 'dataset' = 'between';
  #contextId = 0;
  readonly #commandSet = new GrowingBuffer();

  /** Whether a message has begun and not ended. */
  get insideMessage(): boolean {
    return this.#state !== 'between';
  }

  /**
   * `data`: the fragment is of the dataset. A command set: a message begins, and data follows if it has a dataset. null: a command set is not
   * complete yet. Throws ProtocolViolation.
   */
  take(fragment: Fragment): CommandSet | 'data' | null {
    if (this.#state === 'between') {
      this.#state = 'command';
      this.#contextId = fragment.contextId;
    }
    if (fragment.contextId !== this.#contextId) throw unexpected('messages of two presentation contexts interleaved');
    if (fragment.command !== (this.#state === 'command'))
      throw unexpected(fragment.command ? 'command inside a dataset' : 'dataset where a command is due');
    if (this.#state === 'command') return this.#takeCommand(fragment);
    if (fragment.last) this.#state = 'between';
    return 'data';
  }

  #takeCommand({ data, last }: Fragment): CommandSet | null {
    if (this.#commandSet.length + data.length > maxCommandSetLength)
      throw new ProtocolViolation(abortReason.invalidParameterValue, 'command set is too long');
    const isWhole = last && this.#commandSet.length === 0;
    if (!isWhole) this.#commandSet.append(data);
    if (!last) return null;
    const command = parseCommandSet(isWhole ? data : this.#commandSet.take());
    this.#state = command.hasDataset ? 'dataset' : 'between';
    return command;
  }
}

function unexpected(why: string): ProtocolViolation {
  return new ProtocolViolation(abortReason.unexpectedPdu, why);
}
