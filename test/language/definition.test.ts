import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../engine/language/hash.ts';
import { type Definition, loadWorkflow, shortHash } from '../../engine/language/index.ts';
import { defaultPolicy } from '../../engine/retries/index.ts';
import { options } from './fixture-registry.ts';

const complete = `
workflow: lung-ct
title: Lung nodules on chest CT
on:
  received:
    calledAeTitle: " LUNG "
    callingAeTitle: CT1
    when: \${{ instance.SliceThickness <= 2.5 && instance["Modality"] == 'CT' && instance.sizeBytes > 0 }}
retries:
  pacs: { attempts: 4, backoff: { initial: 30s, factor: 2, max: 10m }, exhausted: park, on: { AssociationRejected: retry } }
steps:
  - id: study
    uses: group/by-study
  - id: complete
    uses: batch/timeout
    with: { quiet: 10s }
  - id: nodules
    uses: job/submit
    with: { job: nodules, parameters: { of: "study \${{ run.group }}", n: 5 } }
    timeout: 20m
  - id: to-pacs
    title: Send to PACS
    if: \${{ steps.nodules.output.instances.count > 0 }}
    uses: dicom/export
    with: { instances: "\${{ steps.nodules.output.instances }}", destinations: [PACS] }
    retry: pacs
retain: { failed: 2d }
`;

function load(text: string): Definition {
  const { diagnostics, pinned } = loadWorkflow({ ...options, file: 'workflow.yaml', text });
  assert.deepEqual(diagnostics, []);
  assert.ok(pinned);
  return pinned.definition;
}

const steps = 'steps:\n  - uses: group/by-study\n  - uses: batch/timeout\n';
const head = 'workflow: w\non: { received: { calledAeTitle: A } }\n';
const hashOf = (text: string): string | undefined => loadWorkflow({ ...options, file: 'w.yaml', text }).pinned?.hash;

describe('a checked workflow', () => {
  it('is a definition that needs no plugin to be understood', () => {
    const { on, retainFailedMs, late, title } = load(complete);
    assert.deepEqual({ retainFailedMs, late, title }, { retainFailedMs: 172_800_000, late: 'next', title: 'Lung nodules on chest CT' });
    assert.deepEqual(on.received, {
      calledAeTitle: 'LUNG',
      callingAeTitles: ['CT1'],
      when: `instance.SliceThickness <= 2.5 && instance["Modality"] == 'CT' && instance.sizeBytes > 0`,
      attributes: ['Modality', 'SliceThickness'],
    });
    const [study, batch, nodules, toPacs] = load(complete).steps;
    assert.deepEqual(study, {
      id: 'study',
      kind: 'group',
      uses: 'group/by-study',
      title: 'Group by study',
      summary: 'Group by study',
      with: {},
      if: null,
      timeoutMs: 60_000,
      retry: defaultPolicy,
    });
    assert.deepEqual(batch?.with, { quiet: '10s', limit: '15m' });
    assert.deepEqual(nodules, {
      id: 'nodules',
      kind: 'step',
      uses: 'job/submit',
      title: 'Run a job',
      summary: 'run job {job}',
      with: { job: 'nodules', priority: 'normal', parameters: { of: 'study ${{ run.group }}', n: 5 } },
      if: null,
      timeoutMs: 1_200_000,
      retry: defaultPolicy,
    });
    assert.deepEqual(toPacs, {
      id: 'to-pacs',
      kind: 'step',
      uses: 'dicom/export',
      title: 'Send to PACS',
      summary: 'send to {destinations}',
      with: { instances: { $expression: 'steps.nodules.output.instances' }, destinations: ['PACS'], failThreshold: '50%' },
      if: 'steps.nodules.output.instances.count > 0',
      timeoutMs: 7_200_000,
      retry: {
        name: 'pacs',
        attempts: 4,
        backoff: { initialMs: 30_000, factor: 2, maxMs: 600_000 },
        exhausted: 'park',
        on: { AssociationRejected: 'retry' },
      },
    });
  });

  it('reclaims at its end where no step does', () => {
    assert.deepEqual(
      load(complete).finally.map(({ id, uses }) => `${id} ${uses}`),
      ['reclaim storage/reclaim'],
    );
    const own = load(`${head}${steps}  - id: give-back\n    uses: storage/reclaim\n`);
    assert.deepEqual([own.steps.at(-1)?.id, own.finally.length], ['give-back', 0]);
  });

  it('gives steps without an id one from what they use, unlike any other', () => {
    const text = `${head}${steps}  - uses: job/submit\n    with: { job: nodules }\n  - id: submit\n    uses: job/submit\n    with: { job: nodules }\n  - uses: job/submit\n    with: { job: "\${{ steps['submit-2'].output.result }}" }\n`;
    assert.deepEqual(
      load(text).steps.map(({ id }) => id),
      ['by-study', 'timeout', 'submit-2', 'submit', 'submit-3'],
    );
  });

  it('lets later steps and finally read what earlier ones gave', () => {
    const text = `${head}${steps}finally:
  - uses: job/submit
    if: \${{ run.outcome == 'failed' && steps.timeout.output.totals.instances > 10 && 'CT' in group.modalities }}
    with: { job: nodules, parameters: { why: "\${{ steps.timeout.output.why }}", key: "\${{ steps['by-study'].output.key }}" } }
`;
    assert.equal(load(text).finally.length, 2);
  });

  it('uses the policy called default for steps that name none', () => {
    const { steps: defined } = load(`${head}retries: { default: { attempts: 9 } }\n${steps}`);
    assert.equal(defined[0]?.retry.attempts, 9);
  });

  it('takes true and false for a condition, and any value that a plugin leaves open for an expression', () => {
    const text = `${head}${steps}  - uses: job/submit\n    if: false\n    with: { job: nodules, retries: "\${{ group.series }}", parameters: "\${{ {'a': 1} }}" }\n`;
    assert.equal(load(text).steps[2]?.if, 'false');
  });
});

describe("a definition's hash", () => {
  it('does not depend on the order of keys, comments or the spelling of YAML', () => {
    const a = hashOf(`${head}title: T\n${steps}`);
    const b = hashOf(
      `# a comment\n"title": 'T'\nsteps: [{ uses: group/by-study }, { with: {}, uses: "batch/timeout" }]\non:\n  received:\n    calledAeTitle: A\nworkflow: w\n`,
    );
    assert.ok(a);
    assert.equal(a, b);
    assert.match(a, /^[0-9a-f]{64}$/);
    assert.equal(shortHash(a), a.slice(0, 12));
  });

  it('changes with what a run would do', () => {
    const hashes = ['', 'retain: { failed: 1d }\n', 'title: Other\n'].map((more) => hashOf(`${head}${more}${steps}`));
    assert.equal(new Set(hashes).size, 3);
  });

  it('comes from JSON that is the same for every order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const reversed = (node: unknown): unknown => {
          if (Array.isArray(node)) return node.map(reversed);
          if (typeof node !== 'object' || node === null) return node;
          return Object.fromEntries(
            Object.entries(node)
              .reverse()
              .map(([key, entry]) => [key, reversed(entry)]),
          );
        };
        assert.equal(canonicalJson(reversed(value)), canonicalJson(value));
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('checking', () => {
  it('never throws, whatever stands where', () => {
    const value = fc.constantFrom('null', '5', 'x', '[]', '{}', '[1]', '{ a: 1 }', '"${{ x"', '${{ steps.a.output }}', '[[1]]', '""');
    const key = fc.constantFrom('workflow', 'on', 'retries', 'steps', 'finally', 'late', 'retain', 'title');
    const inner = fc.constantFrom('uses', 'with', 'if', 'id', 'retry', 'timeout', 'title');
    fc.assert(
      fc.property(
        fc.dictionary(key, value),
        fc.dictionary(inner, fc.oneof(value, fc.constantFrom('job/submit', 'dicom/export', 'batch/timeout'))),
        (top, step) => {
          const text = `${Object.entries(top)
            .map(([k, v]) => `${k}: ${v}\n`)
            .join('')}${
            'steps' in top
              ? ''
              : `steps:\n  - {${Object.entries(step)
                  .map(([k, v]) => `"${k}": ${v.startsWith('$') ? JSON.stringify(v) : v}`)
                  .join(', ')}}\n`
          }`;
          const { diagnostics, pinned } = loadWorkflow({ ...options, file: 'w.yaml', text });
          assert.ok(pinned === null && diagnostics.length > 0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
