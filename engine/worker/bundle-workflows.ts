import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { GantryError } from '../errors/index.ts';

/** Workflow code as Temporal's sandbox takes it: one script. */
export interface WorkflowBundle {
  readonly code: string;
}

let made: Promise<WorkflowBundle> | undefined;

/** Bundles the workflow code; about a second, once per process. Throws GY611 with what the bundler says. */
export function bundleWorkflows(): Promise<WorkflowBundle> {
  made ??= bundle();
  return made;
}

async function bundle(): Promise<WorkflowBundle> {
  // Run unbuilt or built, the workflow code stands beside this file with the extension that this file has.
  const extension = extname(fileURLToPath(import.meta.url));
  const errors: string[] = [];
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: (message: string) => errors.push(message) };
  try {
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL(`../workflow/index${extension}`, import.meta.url)),
      logger: quiet,
    });
    return { code };
  } catch (cause) {
    made = undefined;
    const said = [cause instanceof Error ? cause.message : String(cause), ...errors].join('\n').slice(0, 2_000);
    throw new GantryError('GY611', `the workflow code cannot be bundled: ${said}`, { cause });
  }
}
