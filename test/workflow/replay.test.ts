import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { BeginOutput } from '../../engine/workflow/contract.ts';
import { bundleInterpreter } from './sandbox.ts';

// The history of one run as Temporal's JSON has it, as far as these tests look into it.
interface History {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowId: string };
    readonly activityTaskCompletedEventAttributes?: { readonly result: { readonly payloads: { data: string }[] } };
  }[];
}

const files = globSync(join(import.meta.dirname, 'histories/**/*.json')).sort();
const read = (file: string): History => JSON.parse(readFileSync(file, 'utf8'));

let workflowBundle: WorkflowBundle;
before(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
  workflowBundle = await bundleInterpreter();
});

const replay = (history: History) =>
  Worker.runReplayHistory({ workflowBundle }, history, history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId);

/** The history with another definition in it: begin's answer is the first activity that completed. */
function withDefinition(history: History, change: (steps: { id: string; uses: string }[]) => void): History {
  const changed = structuredClone(history);
  const payload = changed.events.find((event) => event.activityTaskCompletedEventAttributes)?.activityTaskCompletedEventAttributes?.result
    .payloads[0];
  assert.ok(payload);
  const begun = JSON.parse(Buffer.from(payload.data, 'base64').toString()) as BeginOutput;
  assert.ok(begun.state === 'taken');
  change(begun.definition.steps as unknown as { id: string; uses: string }[]);
  payload.data = Buffer.from(JSON.stringify(begun)).toString('base64');
  return changed;
}

describe('runs that an older interpreter began', () => {
  it('are there to be replayed, one of every example workflow among them', () => {
    assert.ok(files.length >= 11, `${files.length} histories`);
    const examples = globSync(join(import.meta.dirname, '../../workflows/*.yaml')).map((file) => basename(file, '.yaml'));
    const recorded = new Set(files.map((file) => basename(file, '.json')));
    assert.deepEqual(
      examples.filter((name) => !recorded.has(`example-${name}`)),
      [],
    );
  });

  for (const file of files) {
    it(`go on as they were: ${basename(file, '.json')}`, () => replay(read(file)));
  }
});

describe('the replay', () => {
  const straight = () => read(files.find((file) => basename(file) === 'straight.json') ?? '');

  it('notices a renamed step', async () => {
    const changed = withDefinition(straight(), (steps) => {
      for (const step of steps) if (step.id === 'nodules') step.id = 'nodes';
    });
    await assert.rejects(replay(changed), /Nondeterminism|nondeterminism|TMPRL1100/);
  });

  it('notices a step of another type', async () => {
    const changed = withDefinition(straight(), (steps) => {
      for (const step of steps) if (step.id === 'nodules') step.uses = 'job/send';
    });
    await assert.rejects(replay(changed), /Nondeterminism|nondeterminism|TMPRL1100/);
  });

  it('notices a step too many', async () => {
    const changed = withDefinition(straight(), (steps) => steps.push({ ...(steps.at(-1) as { id: string; uses: string }), id: 'again' }));
    await assert.rejects(replay(changed), /Nondeterminism|nondeterminism|TMPRL1100/);
  });
});
