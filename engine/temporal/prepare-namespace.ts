import type { Connection } from '@temporalio/client';
import { registerSearchAttributes } from './search-attributes.ts';

/** How long a finished run stays listed and its history readable, in days. The development server's own default is one. */
const retentionDays = 30;
const daySeconds = 24 * 60 * 60;

/**
 * Sets up a namespace of the embedded server: run histories outlive the instances that failed runs retain (7 days by default), and
 * the search attributes are there, also in a server that an older Gantry started.
 * @throws GantryError GY509
 */
export async function prepareNamespace(connection: Connection, namespace: string): Promise<void> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) < retentionDays * daySeconds) {
    const { msToTs } = await import('@temporalio/common/lib/time.js');
    const workflowExecutionRetentionTtl = msToTs(retentionDays * daySeconds * 1000);
    await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
  }
  await registerSearchAttributes(connection, namespace);
}
