/** A Temporal server to use. */
export interface TemporalServer {
  /** `host:port` of the frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Base URL of the Web UI; null where it is not known. */
  readonly uiUrl: string | null;
  /** True where Gantry started it and ends it. */
  readonly embedded: boolean;
  /** Process id of an embedded one. */
  readonly pid: number | null;
  readonly version: string;
  /** Ends an embedded server; nothing for another's. */
  stop(): Promise<void>;
}
