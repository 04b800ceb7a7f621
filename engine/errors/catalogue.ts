import { cliErrors } from './catalogue/cli.ts';
import { configErrors } from './catalogue/config.ts';
import { dicomErrors } from './catalogue/dicom.ts';
import { languageErrors } from './catalogue/language.ts';
import { pluginErrors } from './catalogue/plugin.ts';
import { runErrors } from './catalogue/run.ts';
import { storageErrors } from './catalogue/storage.ts';
import { temporalErrors } from './catalogue/temporal.ts';

export interface CatalogueEntry {
  /** A few words: what the code means. */
  readonly title: string;
  /** What usually brings it about. */
  readonly cause: string;
  /** What to do about it, as an instruction. */
  readonly mend: string;
}

/** Every code that Gantry can show, by area: one file each in `catalogue/`. docs/errors.md is generated from it. */
export const catalogue = {
  ...configErrors,
  ...languageErrors,
  ...dicomErrors,
  ...storageErrors,
  ...temporalErrors,
  ...pluginErrors,
  ...runErrors,
  ...cliErrors,
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
