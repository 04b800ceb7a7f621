import type { DestinationTls, TlsConfig } from './tls-config.ts';

/** A checked configuration with its defaults filled in. Paths are absolute. */
export interface Config {
  /** The file it came from; null: defaults alone. */
  readonly file: string | null;
  /** What relative paths are meant from: the file's folder. */
  readonly folder: string;
  readonly dicom: {
    readonly host: string;
    /** 0: a free one. */
    readonly port: number;
    /** null: no TLS. */
    readonly tls: TlsConfig | null;
    readonly aeTitle: string;
    readonly rejectUnknownSources: boolean;
    readonly aeTitles: Readonly<Record<string, AeTitleRules>>;
    readonly sources: Readonly<Record<string, SourceConfig>>;
    readonly destinations: Readonly<Record<string, DestinationConfig>>;
    readonly maxAssociations: number;
    readonly maxAssociationsPerPeer: number;
    readonly maxInstanceSizeBytes: number;
    readonly maxPduLength: number;
    /** That receive. */
    readonly threads: number;
    readonly timers: {
      readonly associateRequestMs: number;
      readonly progressMs: number;
      readonly messageMs: number;
      readonly idleMs: number;
    };
  };
  readonly storage: { readonly watermarkPercent: number; readonly reserveSpaceGb: number; readonly belowReserve: BelowReserve };
  readonly jobs: Readonly<Record<string, JobConfig>>;
  /** Folder of workflow files. */
  readonly workflows: string;
  readonly temporal: {
    /** Ports of the embedded server; 0: free ones. */
    readonly port: number;
    readonly uiPort: number;
    readonly namespace: string;
  };
}

/** Rules for one of our AE titles. */
export interface AeTitleRules {
  /** Beside SOP classes and transfer syntaxes of the Standard: nothing, private SOP classes, or those and unknown transfer syntaxes. */
  readonly accept: 'standard' | 'private-sop-classes' | 'any';
  /** null: those of `accept`. Where it is a list, `ignoredSopClasses` is empty. */
  readonly allowedSopClasses: readonly string[] | null;
  readonly ignoredSopClasses: readonly string[];
  readonly overwriteSameInstance: boolean;
  readonly verification: boolean;
  /** null: no limit of its own. */
  readonly maxAssociations: number | null;
}

/** A peer that sends. */
export interface SourceConfig {
  readonly aeTitle: string;
  readonly hosts: readonly SourceHost[];
  /** Common name that its verified certificate must have; null: TLS is not asked for. */
  readonly certificate: string | null;
  readonly maxAssociations: number | null;
}

/** A peer that we send to. */
export interface DestinationConfig {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
  /** Left out: plain. */
  readonly tls?: DestinationTls;
}

/** An address is a network of one. */
export type SourceHost =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' };

/** Whether steps of a kind wait while free space is below the reserve. */
export interface BelowReserve {
  readonly jobs: 'pause' | 'go-on';
  readonly exports: 'pause' | 'go-on';
}

/** `options` is what the back-end's schema checks. */
export interface JobConfig {
  readonly backend: string;
  readonly options: Readonly<Record<string, unknown>>;
}
