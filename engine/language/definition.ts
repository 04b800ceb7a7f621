import type { RetryPolicy } from '../retries/index.ts';

/** JSON in which a string `${{ … }}` has become `{ $expression: source }`. */
export type Template =
  | null
  | boolean
  | number
  | string
  | { readonly $expression: string }
  | readonly Template[]
  | { readonly [key: string]: Template };

/** One step, with everything the interpreter needs: it never sees a plugin or its manifest. */
export interface StepDefinition {
  /** Given, or derived from `uses` and made unique; it is the Activity Id. */
  readonly id: string;
  readonly kind: 'group' | 'batch' | 'step';
  /** The plugin step: the Activity Type. */
  readonly uses: string;
  readonly title: string;
  /** Activity summary with `{option}` places; at most 120 characters are shown. */
  readonly summary: string;
  readonly with: { readonly [key: string]: Template };
  /** CEL, without the delimiters; null: always. */
  readonly if: string | null;
  /** Longest time for one attempt. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
}

/** A checked workflow. Pure JSON; its `hash` is what a run pins. */
export interface Definition {
  /** Version of the interpreter's semantics. */
  readonly language: 1;
  /** The Workflow Type. */
  readonly workflow: string;
  readonly title: string;
  readonly on: {
    readonly received: {
      readonly calledAeTitle: string;
      /** Empty: any. */
      readonly callingAeTitles: readonly string[];
      /** CEL over `instance`; null: all. */
      readonly when: string | null;
      /** Keywords of the attributes that `when` reads. */
      readonly attributes: readonly string[];
    };
  };
  readonly steps: readonly StepDefinition[];
  readonly finally: readonly StepDefinition[];
  readonly late: 'next';
  /** How long a run that did not succeed keeps its instances. */
  readonly retainFailedMs: number;
}

/** A definition with its content hash: sha256 over its canonical JSON, lower-case hex. */
export interface PinnedDefinition {
  readonly hash: string;
  readonly definition: Definition;
}

/** The first 12 hex digits: what people are shown. */
export const shortHash = (hash: string): string => hash.slice(0, 12);
