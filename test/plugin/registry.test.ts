import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRegistry } from '../../engine/plugin/host.ts';
import {
  defineBackend,
  defineBatching,
  defineGrouping,
  definePlugin,
  defineStep,
  type PluginDefinition,
  Type,
} from '../../engine/plugin/index.ts';

const none = Type.Object({}, { additionalProperties: false });
const words = { title: 'A title', description: 'What it does.' };
const step = defineStep({
  ...words,
  options: Type.Object({ to: Type.String() }, { additionalProperties: false }),
  output: none,
  summary: 'send to {to}',
  timeout: '5m',
  run: async () => ({}),
});
const plugin = (more: Partial<PluginDefinition>): PluginDefinition =>
  definePlugin({ name: 'acme', version: '1.0.0', apiVersion: 1, ...more });

describe('the registry', () => {
  it('finds what plugins bring by the name that workflows use', () => {
    const { uses, backends } = createRegistry([
      plugin({
        steps: { 'acme/send': step },
        groupings: { 'acme/by-room': defineGrouping({ ...words, options: none, key: () => 'k', describe: () => 'd' }) },
        batchings: { 'acme/at-once': defineBatching({ ...words, options: none, decide: () => ({ complete: true, why: 'always' }) }) },
        backends: { cluster: defineBackend({ ...words, options: none, run: async () => ({ details: {} }) }) },
      }),
    ]);
    assert.deepEqual(
      [...uses].map(([name, { kind, plugin }]) => [name, kind, plugin]),
      [
        ['acme/send', 'step', 'acme'],
        ['acme/by-room', 'group', 'acme'],
        ['acme/at-once', 'batch', 'acme'],
      ],
    );
    assert.equal(backends.get('cluster')?.plugin, 'acme');
  });

  it('refuses a name that two plugins bring, and names both', () => {
    const twice = [plugin({ steps: { 'acme/send': step } }), plugin({ name: 'rival', steps: { 'acme/send': step } })];
    assert.throws(() => createRegistry(twice), {
      code: 'GY603',
      message: 'plugin "rival" brings "acme/send", which plugin "acme" has brought already',
    });
  });

  const malformed: readonly (readonly [string, PluginDefinition, RegExp])[] = [
    ['written for another contract', { ...plugin({}), apiVersion: 2 as 1 }, /plugin contract 2/],
    ['without a version', plugin({ version: '' }), /no version/],
    ['with a step name that cannot be an Activity Type', plugin({ steps: { Send: step } }), /"Send" is not a name/],
    ["with a name of the engine's own", plugin({ steps: { 'gantry/begin': step } }), /engine's own/],
    ['with a time limit that is no duration', plugin({ steps: { 'acme/send': { ...step, timeout: 'long' } } }), /timeout of "acme\/send"/],
    ['whose summary names an option that is none', plugin({ steps: { 'acme/send': { ...step, summary: 'to {where}' } } }), /"{where}"/],
    [
      'whose options let unknown keys pass',
      plugin({ steps: { 'acme/send': { ...step, options: Type.Object({ to: Type.String() }) } } }),
      /additionalProperties/,
    ],
    ['without a description', plugin({ steps: { 'acme/send': { ...step, description: '' } } }), /no description/],
    ['that cannot be run', plugin({ steps: { 'acme/send': { ...step, run: undefined as never } } }), /no function "run"/],
  ];
  for (const [how, definition, message] of malformed) {
    it(`refuses a plugin ${how}`, () => {
      assert.throws(() => createRegistry([definition]), { code: 'GY604', message });
    });
  }
});
