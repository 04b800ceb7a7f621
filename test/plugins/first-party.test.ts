import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRegistry } from '../../engine/plugin/host.ts';
import type { TSchema } from '../../engine/plugin/index.ts';
import { plugins } from '../../plugins/index.ts';

interface SchemaView {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaView>>;
}

const undescribed = (schema: TSchema): string[] =>
  Object.entries((schema as SchemaView).properties ?? {}).flatMap(([name, { description }]) => (description === undefined ? [name] : []));

describe('the first-party plugins', () => {
  const { uses, backends } = createRegistry(plugins);

  it('bring what the examples use', () => {
    assert.deepEqual([...uses.keys()].sort(), ['batch/timeout', 'dicom/export', 'group/by-study', 'job/submit', 'storage/reclaim']);
    assert.deepEqual([...backends.keys()], ['process']);
  });

  it('describe every option and every output', () => {
    for (const [name, registered] of uses) {
      const { options } =
        registered.kind === 'step' ? registered.step : registered.kind === 'group' ? registered.grouping : registered.batching;
      assert.deepEqual(undescribed(options), [], name);
      if (registered.kind === 'step') assert.deepEqual(undescribed(registered.step.output), [], name);
    }
    for (const [name, { backend }] of backends) assert.deepEqual(undescribed(backend.options), [], name);
  });
});
