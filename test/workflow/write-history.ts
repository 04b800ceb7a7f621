import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Leaves out what only says where it was recorded: stack traces have paths, identities host names. */
const anonymous = (key: string, value: unknown): unknown => (key === 'stackTrace' ? undefined : key === 'identity' ? 'gantry' : value);

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };

/** Each released version has a folder of its own. */
export const historiesFolder = (given?: string): string => resolve(given ?? join(import.meta.dirname, 'histories', version));

/** Waits for the run to end, and writes its history as a golden one; answers how many events it has. */
export async function writeHistory(client: Client, folder: string, name: string, workflowId: string, runId?: string): Promise<number> {
  const handle = client.workflow.getHandle(workflowId, runId, { followRuns: false });
  await handle.result().catch(() => {});
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events: unknown[] };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(history, anonymous, 1)}\n`);
  return history.events.length;
}
