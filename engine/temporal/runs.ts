import type { Client, WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { type OperatorSignal, type RunInput, type RunView, taskQueue, type WakeSignal } from '../workflow/contract.ts';

/** A row of `gantry runs list`. `status` is Temporal's own word. */
export interface RunRow {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflow: string;
  readonly calledAeTitle: string;
  readonly group: string;
  readonly status: string;
  readonly stage: string | null;
  readonly instances: number;
  readonly startedAt: string;
  readonly closedAt: string | null;
  readonly definition: string | null;
  readonly parked: boolean;
  readonly lastError: string | null;
}

export interface RunFilter {
  readonly workflow?: string;
  readonly status?: string;
  readonly limit?: number;
}

/** What a wake-up says; the ledger's rows have more. */
export interface WakeRequest {
  readonly group: number;
  readonly reason: WakeSignal['reason'];
  readonly workflow: string;
  readonly workflowId: string;
  readonly calledAeTitle: string;
  readonly key: string;
  readonly definition: string;
}

export type Standing = 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out' | 'absent';

const keys = {
  stage: defineSearchAttributeKey('GantryStage', SearchAttributeType.KEYWORD),
  definition: defineSearchAttributeKey('GantryDefinition', SearchAttributeType.KEYWORD),
  lastError: defineSearchAttributeKey('GantryLastError', SearchAttributeType.KEYWORD),
  instances: defineSearchAttributeKey('GantryInstances', SearchAttributeType.INT),
  parked: defineSearchAttributeKey('GantryParked', SearchAttributeType.BOOL),
  calledAe: defineSearchAttributeKey('GantryCalledAE', SearchAttributeType.KEYWORD),
} as const;

/** Runs in Temporal: waking, listing, looking at, and pressing buttons. */
export interface TemporalRuns {
  wake(request: WakeRequest): Promise<void>;
  standing(workflowId: string, runId: string | null): Promise<Standing>;
  list(filter: RunFilter): Promise<readonly RunRow[]>;
  /** null where Temporal knows no such run. */
  show(workflowId: string, runId?: string): Promise<(RunRow & Pick<RunView, 'steps' | 'waiting' | 'title'>) | null>;
  signal(workflowId: string, name: 'retry' | 'skip' | 'fail' | 'complete-now', detail: OperatorSignal): Promise<void>;
  cancel(workflowId: string): Promise<void>;
}

/** Without a limit, what is asked of a server that hangs would never end, and with it neither dispatch nor an engine that is to stop. */
const answerMs = 10_000;

export function createRuns(client: Client): TemporalRuns {
  const inTime = <T>(ask: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + answerMs, ask);
  const describe = (workflowId: string, runId?: string) => inTime(() => client.workflow.getHandle(workflowId, runId).describe());
  return {
    async wake({ group, reason, workflow, workflowId, calledAeTitle, key, definition }) {
      const input: RunInput = { workflow, calledAeTitle, key, group, definition };
      const signal: WakeSignal = { group, definition, reason };
      const options = {
        workflowId,
        taskQueue,
        args: [input],
        signal: 'wake',
        signalArgs: [signal],
        staticSummary: `instances for ${calledAeTitle}`,
        typedSearchAttributes: new TypedSearchAttributes([
          { key: keys.calledAe, value: calledAeTitle },
          { key: keys.stage, value: 'starting' },
          { key: keys.definition, value: definition.slice(0, 12) },
          { key: keys.parked, value: false },
        ]),
      };
      await inTime(() => client.workflow.signalWithStart(workflow, options));
    },
    async standing(workflowId, runId) {
      try {
        return standings[(await describe(workflowId, runId ?? undefined)).status.name] ?? 'running';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'absent';
        throw error;
      }
    },
    async list({ workflow, status, limit = 1_000 }) {
      const clauses = ['GantryCalledAE IS NOT NULL'];
      if (workflow !== undefined) clauses.push(`WorkflowType = '${quoted(workflow)}'`);
      if (status !== undefined) clauses.push(`ExecutionStatus = '${quoted(titleCase(status))}'`);
      const rows: RunRow[] = [];
      for await (const info of client.workflow.list({ query: clauses.join(' AND ') })) {
        rows.push(toRow(info));
        if (rows.length >= limit) break;
      }
      return rows;
    },
    async show(workflowId, runId) {
      try {
        const row = toRow(await describe(workflowId, runId));
        const view = await client.workflow.getHandle(workflowId, row.runId).query<RunView>('run');
        return {
          ...row,
          stage: view.stage,
          instances: view.instances,
          parked: row.status === 'RUNNING' && view.parked,
          title: view.title,
          waiting: view.waiting,
          steps: view.steps,
        };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },
    signal: (workflowId, name, detail) => client.workflow.getHandle(workflowId).signal(name, detail),
    cancel: async (workflowId) => {
      await client.workflow.getHandle(workflowId).cancel();
    },
  };
}

const standings: Readonly<Record<string, Standing>> = {
  RUNNING: 'running',
  // The chain goes on under the same Workflow Id; this run's own part is done.
  CONTINUED_AS_NEW: 'completed',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

function toRow(info: WorkflowExecutionInfo | WorkflowExecutionDescription): RunRow {
  const attributes = info.typedSearchAttributes;
  // A Workflow Id is `<workflow>/<called AE>/<group key>`; only an AE title may hold a slash of its own.
  const rest = info.workflowId.slice(info.type.length + 1);
  const key = rest.slice(rest.lastIndexOf('/') + 1);
  const running = info.status.name === 'RUNNING';
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    workflow: info.type,
    calledAeTitle: attributes.get(keys.calledAe) ?? rest.slice(0, rest.lastIndexOf('/')),
    group: key,
    // Temporal's own spelling, as its command line and Web UI have it; the SDK's enumeration has another L.
    status: info.status.name === 'CANCELLED' ? 'CANCELED' : info.status.name,
    stage: attributes.get(keys.stage) ?? null,
    instances: attributes.get(keys.instances) ?? 0,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
    definition: attributes.get(keys.definition) ?? null,
    parked: running && (attributes.get(keys.parked) ?? false),
    lastError: attributes.get(keys.lastError) ?? null,
  };
}

/** Visibility queries take '' for a quote inside a string. */
const quoted = (text: string): string => text.replaceAll("'", "''");

/** `RUNNING`, `TIMED_OUT` as ExecutionStatus spells them: `Running`, `TimedOut`. */
const titleCase = (status: string): string =>
  status
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replace('Cancelled', 'Canceled');
