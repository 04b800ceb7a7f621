import { resolve } from 'node:path';
import type { Config } from './config.ts';

/** A configuration file's content with the defaults filled in. */
export interface GivenConfig extends Pick<Config, 'dicom' | 'storage' | 'temporal' | 'workflows'> {
  readonly jobs: Readonly<Record<string, { readonly backend: string; readonly [option: string]: unknown }>>;
}

/** What a checked file comes to: AE titles without the spaces that do not count (PS3.5 §6.2), absolute paths, options of jobs apart. */
export function settle({ dicom, storage, temporal, workflows, jobs }: GivenConfig, file: string | null, folder: string): Config {
  return {
    file,
    folder,
    dicom: {
      host: dicom.host,
      port: dicom.port,
      aeTitle: dicom.aeTitle.trim(),
      rejectUnknownSources: dicom.rejectUnknownSources,
      aeTitles: Object.fromEntries(Object.entries(dicom.aeTitles).map(([title, rules]) => [title.trim(), rules])),
      sources: mapValues(dicom.sources, trimmed),
      destinations: mapValues(dicom.destinations, trimmed),
      maxAssociations: dicom.maxAssociations,
    },
    storage,
    jobs: mapValues(jobs, ({ backend, ...options }) => ({ backend, options })),
    workflows: resolve(folder, workflows),
    temporal,
  };
}

const trimmed = <T extends { readonly aeTitle: string }>(peer: T): T => ({ ...peer, aeTitle: peer.aeTitle.trim() });

const mapValues = <T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
