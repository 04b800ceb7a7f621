import { setTimeout as pause } from 'node:timers/promises';
import { type Peer, type PhantomFile, sendFiles } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';

/** What a sender knows of one instance. */
export interface Sent {
  readonly file: PhantomFile;
  /** How often the peer may have got it whole. */
  attempts: number;
  successes: number;
  /** What happened when the first Success came; null: none has. */
  during: string | null;
}

export interface ModalityOptions {
  readonly peer: Peer;
  readonly callingAeTitle: string;
  /** Between two studies. */
  readonly pauseMs: number;
  /** The files of its n-th study, some perhaps twice. */
  study(number: number): Promise<readonly PhantomFile[]>;
  /** Called with each Success, at once; says what happens meanwhile. */
  onSuccess(): string;
}

/** Between two attempts to reach a peer that is away. */
const againMs = 50;

/** A sender that sends study after study, each until all of it was answered with Success, over however many associations that takes. */
export class Modality {
  readonly calledAeTitle: string;
  /** By SOP Instance UID. */
  readonly sent = new Map<string, Sent>();
  /** Answers other than Success, and rejected associations. */
  readonly refusals = new Set<string>();
  readonly #options: ModalityOptions;
  readonly #done: Promise<void>;
  readonly #given = new AbortController();
  #over = false;

  constructor(options: ModalityOptions) {
    this.#options = options;
    this.calledAeTitle = options.peer.aeTitle;
    this.#done = this.#run();
    this.#done.catch(() => {});
  }

  /** Resolves when the study under way has been sent, and with it all. */
  async finish(): Promise<void> {
    this.#over = true;
    await this.#done;
  }

  /** Ends it at once, whatever is still to be sent. */
  async giveUp(): Promise<void> {
    this.#given.abort();
    await this.#done.catch(() => {});
  }

  async #run(): Promise<void> {
    const { signal } = this.#given;
    for (let number = 0; !this.#over; number += 1) {
      let pending = await this.#options.study(number);
      while (pending.length > 0) {
        pending = await this.#send(pending);
        if (pending.length > 0) await pause(againMs, undefined, { signal });
      }
      await pause(this.#options.pauseMs, undefined, { signal });
    }
  }

  /** Answers what is still to be sent. */
  async #send(files: readonly PhantomFile[]): Promise<readonly PhantomFile[]> {
    const { peer, callingAeTitle, onSuccess } = this.#options;
    for (const file of files) {
      if (!this.sent.has(file.sopInstanceUid)) this.sent.set(file.sopInstanceUid, { file, attempts: 0, successes: 0, during: null });
    }
    try {
      const results = await sendFiles(peer, files, {
        callingAeTitle,
        connectTimeoutMs: 5_000,
        responseTimeoutMs: 30_000,
        signal: this.#given.signal,
        onResult: ({ sopInstanceUid, outcome, detail }) => {
          const sent = this.sent.get(sopInstanceUid);
          if (outcome === 'refused' || outcome === 'warning') this.refusals.add(detail ?? outcome);
          if (sent === undefined || outcome !== 'stored') return;
          sent.attempts += 1;
          sent.successes += 1;
          const during = onSuccess();
          sent.during ??= during;
        },
      });
      const left = files.filter((_, at) => results[at]?.outcome !== 'stored');
      // The first without an answer may have arrived; those after it were never begun.
      const cutOff = this.sent.get(left[0]?.sopInstanceUid ?? '');
      if (cutOff !== undefined) cutOff.attempts += 1;
      return left;
    } catch (error) {
      if (!(error instanceof GantryError)) throw error;
      if (error.code === 'GY332') this.refusals.add(error.message);
      return files;
    }
  }
}
