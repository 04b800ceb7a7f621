import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `temporal.json` in the data folder: the embedded server as it runs, or ran last. */
export interface ServerState {
  /** null: ended. Proof that it is alive, and ours, is its command line (leftover.ts), not this. */
  readonly pid: number | null;
  readonly frontendPort: number;
  readonly uiPort: number;
  readonly version: string;
}

const fileName = 'temporal.json';

export function writeServerState(dataFolder: string, state: ServerState): void {
  const file = join(dataFolder, fileName);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** null where there is none, or none that can be read: nothing depends on it but which ports are tried first. */
export function readServerState(dataFolder: string): ServerState | null {
  try {
    const { pid, frontendPort, uiPort, version } = JSON.parse(readFileSync(join(dataFolder, fileName), 'utf8')) as Record<string, unknown>;
    if (!isPort(frontendPort) || !isPort(uiPort) || typeof version !== 'string') return null;
    return { pid: typeof pid === 'number' ? pid : null, frontendPort, uiPort, version };
  } catch {
    return null;
  }
}

const isPort = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
