import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { match } from '../../engine/intake/match.ts';
import { loadWorkflow } from '../../engine/language/index.ts';
import type { InstanceRow } from '../../engine/ledger/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { workflowIdOf } from '../../engine/workflow/contract.ts';
import { plugins } from '../../plugins/index.ts';

const registry = createRegistry(plugins);
const attributeKeywords = () => ['Modality', 'SliceThickness'];

function workflow(name: string, received: string) {
  const text = `workflow: ${name}\non: { received: { calledAeTitle: LUNG${received} } }\nsteps:\n  - uses: group/by-study\n  - uses: batch/timeout\n`;
  const { pinned, diagnostics } = loadWorkflow({ file: `${name}.yaml`, text, registry, jobs: [], destinations: [], attributeKeywords });
  assert.ok(pinned, JSON.stringify(diagnostics));
  return pinned;
}

const instance: InstanceRow = {
  sequence: 7,
  sopInstanceUid: '1.2.3',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2',
  seriesInstanceUid: '1.2.9',
  modality: 'CT',
  callingAeTitle: 'CT1',
  calledAeTitle: 'LUNG',
  associationId: 'a',
  sizeBytes: 1_000,
  path: 'x.dcm',
  receivedAt: 0,
  state: 'held',
  claims: [],
};

const route = (
  definitions: readonly ReturnType<typeof workflow>[],
  {
    values = { Modality: 'CT', SliceThickness: 2 },
    row = instance,
    incomplete = false,
  }: { values?: object; row?: InstanceRow; incomplete?: boolean } = {},
) =>
  match({
    instance: row,
    file: '/x.dcm',
    workflows: { definitions, incomplete },
    registry,
    readAttributes: () => Promise.resolve(values as never),
    workflowIdOf,
  });

describe('which workflows want an instance', () => {
  it('are those of its called AE title whose rules hold; each has its own claim', async () => {
    const routing = await route([
      workflow('all', ''),
      workflow('thin', ', when: "${{ instance.SliceThickness <= 2.5 }}"'),
      workflow('other', ', callingAeTitle: CT2'),
    ]);
    assert.deepEqual(
      routing.claims.map((claim) => [claim.workflow, claim.workflowId]),
      [
        ['all', 'all/LUNG/1.2'],
        ['thin', 'thin/LUNG/1.2'],
      ],
    );
    assert.match(routing.why, /other: not from CT1/);
  });

  it('are none for another AE title, and the reason says so', async () => {
    const routing = await route([workflow('all', '')], { row: { ...instance, calledAeTitle: 'LIVER' } });
    assert.deepEqual([routing.claims.length, routing.undecided], [0, false]);
    assert.match(routing.why, /no workflow takes instances for LIVER/);
  });

  it('are none where the study is missing: not wanted, so reclaimed', async () => {
    const routing = await route([workflow('all', '')], { row: { ...instance, studyInstanceUid: null } });
    assert.deepEqual([routing.claims.length, routing.undecided], [0, false]);
    assert.match(routing.why, /lacks what group\/by-study groups by/);
  });

  it('are not known where a rule cannot be evaluated: retained, and no attribute value is told', async () => {
    const routing = await route([workflow('thin', ', when: "${{ instance.SliceThickness <= 2.5 }}"')], {
      values: { SliceThickness: 'SECRET' },
    });
    assert.deepEqual([routing.claims.length, routing.undecided], [0, true]);
    assert.match(routing.why, /thin: its rule could not be evaluated/);
    assert.doesNotMatch(routing.why, /SECRET/);
  });

  it('are not known while a workflow file cannot be loaded: what nobody claims is retained, not deleted', async () => {
    assert.equal((await route([], { incomplete: true })).undecided, true);
    assert.equal((await route([workflow('all', '')], { incomplete: true })).claims.length, 1);
  });
});
