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
    readonly aeTitle: string;
    readonly rejectUnknownSources: boolean;
    readonly aeTitles: Readonly<Record<string, AeTitleRules>>;
    readonly sources: Readonly<Record<string, { readonly aeTitle: string; readonly host: string }>>;
    readonly destinations: Readonly<Record<string, { readonly aeTitle: string; readonly host: string; readonly port: number }>>;
    readonly maxAssociations: number;
  };
  readonly storage: { readonly watermarkPercent: number; readonly reserveSpaceGb: number };
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

export interface AeTitleRules {
  readonly ignoredSopClasses: readonly string[];
  readonly overwriteSameInstance: boolean;
}

/** `options` is what the back-end's schema checks. */
export interface JobConfig {
  readonly backend: string;
  readonly options: Readonly<Record<string, unknown>>;
}
