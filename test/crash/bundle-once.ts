import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { bundleWorkflows as bundle, type WorkflowBundle } from '../../engine/worker/bundle-workflows.ts';

const file = 'workflow-bundle.js';
/** How soon Temporal gives an activity of a killed engine to the next one: a test cannot wait for as long as production does. */
const [asReleased, here] = ["heartbeatTimeout: '30 s'", "heartbeatTimeout: '8 s'"];

/** The bundle, made at the first start in this working folder: it takes half of a start's time, and is always the same. */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  if (existsSync(file)) return { code: readFileSync(file, 'utf8') };
  const { code } = await bundle();
  if (!code.includes(asReleased)) throw new Error(`the bundle does not say ${asReleased}`);
  writeFileSync(`${file}.new`, code.replaceAll(asReleased, here));
  renameSync(`${file}.new`, file);
  return { code: readFileSync(file, 'utf8') };
}
