// The only file that reaches into @temporalio/worker's inside: it builds what a worker builds (workflow bundle, VM, activator) with no
// server behind it, as the SDK's own tests do. The SDK is pinned exactly; what has to change on an upgrade is here.
import { fileURLToPath } from 'node:url';
import { TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto, { type coresdk } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';

export type Job = coresdk.workflow_activation.IWorkflowActivationJob;
export type Command = coresdk.workflow_commands.IWorkflowCommand;

export interface SandboxedWorkflow {
  /** One workflow task's worth of jobs, at a time in milliseconds since the epoch; answers the commands. Throws what would fail the task. */
  activate(jobs: Job[], at: number, more?: { readonly continueAsNewSuggested?: boolean }): Promise<Command[]>;
  dispose(): Promise<void>;
}

export interface Sandbox {
  open(options: { workflowType: string; workflowId: string; runId: string; at: number }): Promise<SandboxedWorkflow>;
  close(): Promise<void>;
}

export const workflowsPath = fileURLToPath(new URL('../../engine/workflow/index.ts', import.meta.url));

export const bundleInterpreter = () => bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });

export async function openSandbox(): Promise<Sandbox> {
  const { code } = await bundleInterpreter();
  const creator = await ReusableVMWorkflowCreator.create(parseWorkflowCode(code), 5_000, new Set());
  return {
    async open({ workflowType, workflowId, runId, at }) {
      const workflow = await creator.createWorkflow({
        info: {
          workflowId,
          runId,
          workflowType,
          searchAttributes: {},
          typedSearchAttributes: new TypedSearchAttributes(),
          taskQueue: 'gantry',
          namespace: 'default',
          firstExecutionRunId: runId,
          originalExecutionRunId: runId,
          startTime: new Date(at),
          runStartTime: new Date(at),
          taskTimeoutMs: 10_000,
          attempt: 1,
          historyLength: 3,
          historySize: 0,
          continueAsNewSuggested: false,
          targetWorkerDeploymentVersionChanged: false,
          unsafe: {
            now: () => at,
            isReplaying: false,
            isReplayingHistoryEvents: false,
            random: {
              random: Math.random,
              uuid4: () => crypto.randomUUID(),
              fillRandom: (bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
            },
          },
        },
        randomnessSeed: Array.from({ length: 8 }, (_, n) => n),
        now: at,
        showStackTraceSources: false,
      });
      return {
        async activate(jobs, now, more) {
          const completion = await workflow.activate({
            runId,
            timestamp: msToTs(now),
            isReplaying: false,
            historyLength: 3,
            // What the server's first task tells: SDK flags 1 to 3 are on for every new execution.
            availableInternalFlags: [1, 2, 3],
            continueAsNewSuggested: more?.continueAsNewSuggested ?? false,
            // Made messages, because the activator asks a job for its variant.
            jobs: jobs.map((job) => proto.coresdk.workflow_activation.WorkflowActivationJob.create(job)),
          });
          await workflow.getAndResetSinkCalls();
          if (completion.failed) throw new Error(`workflow task failed: ${completion.failed.failure?.message}`);
          return completion.successful?.commands ?? [];
        },
        dispose: () => workflow.dispose(),
      };
    },
    close: () => creator.destroy(),
  };
}
