import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bundleWorkflowCode } from '@temporalio/worker';
import * as door from '../../engine/workflow/index.ts';
import { workflowsPath } from './sandbox.ts';

describe('the workflow bundle', () => {
  it('holds the interpreter and what is deterministic, with no warning and nothing of Node', async () => {
    const said: string[] = [];
    const say = (message: string) => void said.push(message);
    const logger = { log() {}, trace() {}, debug() {}, info() {}, warn: say, error: say };
    // The bundler itself refuses a Node module that the sandbox lacks.
    const { code } = await bundleWorkflowCode({ workflowsPath, logger });
    assert.deepEqual(said, []);
    const packages = new Set([...code.matchAll(/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//g)].map(([, name]) => name));
    const foreign = [...packages].filter(
      (name) => !/^(@temporalio\/(workflow|common|worker|proto)|@marcbachmann\/cel-js|xstate|long|ms|nexus-rpc)$/.test(name ?? ''),
    );
    assert.deepEqual(foreign, []);
    assert.ok(packages.has('xstate') && /engine\/workflow\/interpreter/.test(code), 'the bundle names its modules by their paths');
    assert.doesNotMatch(code, /engine\/(ledger|storage|dicom|worker|config|errors|plugin)\//);
  });

  it('has one workflow that answers to every type', () => {
    assert.deepEqual(Object.keys(door), ['default']);
  });
});
