import { resolve } from 'node:path';
import { type JsonSchema, withDefaults } from '../language/index.ts';
import { parseDuration } from '../plugin/index.ts';
import type { AeTitleRules, Config, DestinationConfig, SourceConfig, SourceHost } from './config.ts';
import { aeTitleRules } from './config-shape.ts';
import { parseSourceHost } from './source-host.ts';
import { type GivenDestinationTls, type GivenTls, settleDestinationTls, settleTls } from './tls-config.ts';

type GivenRules = Partial<AeTitleRules>;
interface GivenSource {
  readonly aeTitle: string;
  readonly host: string | readonly string[];
  readonly certificate?: string;
  readonly maxAssociations?: number;
}
type GivenDestination = Omit<DestinationConfig, 'tls'> & { readonly tls?: GivenDestinationTls };
type Settled = 'aeTitles' | 'sources' | 'destinations' | 'tls' | 'maxInstanceSizeBytes' | 'timers';

/** A configuration file's content with the defaults filled in. */
export interface GivenConfig extends Pick<Config, 'storage' | 'temporal' | 'workflows'> {
  readonly dicom: Omit<Config['dicom'], Settled> & {
    readonly aeTitles: Readonly<Record<string, GivenRules>>;
    readonly sources: Readonly<Record<string, GivenSource>>;
    readonly destinations: Readonly<Record<string, GivenDestination>>;
    readonly tls?: GivenTls;
    readonly maxInstanceSizeGb: number;
    readonly timers: Readonly<Record<'associateRequest' | 'progress' | 'message' | 'idle', string>>;
  };
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
      tls: dicom.tls === undefined ? null : settleTls(dicom.tls, folder),
      aeTitle: dicom.aeTitle.trim(),
      rejectUnknownSources: dicom.rejectUnknownSources,
      aeTitles: Object.fromEntries(Object.entries(dicom.aeTitles).map(([title, rules]) => [title.trim(), settleRules(rules)])),
      sources: mapValues(dicom.sources, settleSource),
      destinations: mapValues(dicom.destinations, (given) => settleDestination(given, folder)),
      maxAssociations: dicom.maxAssociations,
      maxAssociationsPerPeer: dicom.maxAssociationsPerPeer,
      maxInstanceSizeBytes: Math.floor(dicom.maxInstanceSizeGb * 1e9),
      maxPduLength: dicom.maxPduLength,
      threads: dicom.threads,
      timers: {
        associateRequestMs: parseDuration(dicom.timers.associateRequest),
        progressMs: parseDuration(dicom.timers.progress),
        messageMs: parseDuration(dicom.timers.message),
        idleMs: parseDuration(dicom.timers.idle),
      },
    },
    storage,
    jobs: mapValues(jobs, ({ backend, ...options }) => ({ backend, options })),
    workflows: resolve(folder, workflows),
    temporal,
  };
}

function settleRules(given: GivenRules): AeTitleRules {
  const { ignoredSopClasses = [], allowedSopClasses = null, maxAssociations = null, ...rules } = given;
  return { ...(rules as Omit<AeTitleRules, Optional>), ignoredSopClasses, allowedSopClasses, maxAssociations };
}
type Optional = 'ignoredSopClasses' | 'allowedSopClasses' | 'maxAssociations';

/** Rules for a title that a workflow names and the configuration does not. */
export const defaultAeTitleRules: AeTitleRules = settleRules(withDefaults(aeTitleRules as JsonSchema, {}) as GivenRules);

const settleSource = ({ aeTitle, host, certificate, maxAssociations }: GivenSource): SourceConfig => ({
  aeTitle: aeTitle.trim(),
  hosts: [host].flat().map((text) => parseSourceHost(text) as SourceHost),
  certificate: certificate ?? null,
  maxAssociations: maxAssociations ?? null,
});

function settleDestination({ tls, aeTitle, ...address }: GivenDestination, folder: string): DestinationConfig {
  return { aeTitle: aeTitle.trim(), ...address, ...(tls === undefined ? {} : { tls: settleDestinationTls(tls, folder) }) };
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
