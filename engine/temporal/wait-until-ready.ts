import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';

/**
 * Waits until the server answers for the namespace.
 * @returns its version; null when the signal came first
 */
export async function waitUntilReady(connection: Connection, namespace: string, signal: AbortSignal): Promise<string | null> {
  const ask = async (): Promise<string> => {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    await connection.workflowService.describeNamespace({ namespace });
    return serverVersion ?? '';
  };
  while (!signal.aborted) {
    try {
      // A call that got lost while the server came up must not take the whole time.
      return await connection.withAbortSignal(signal, () => connection.withDeadline(Date.now() + 2_000, ask));
    } catch {
      await sleep(25, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}
