import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { schemaFiles } from '../../engine/config/index.ts';
import { parseYaml, workflowSchema } from '../../engine/language/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { plugins } from '../../plugins/index.ts';
import { registry } from './fixture-registry.ts';

const folder = join(import.meta.dirname, '../../schemas');

describe('the schemas that are checked in', () => {
  for (const [name, text] of Object.entries(schemaFiles(createRegistry(plugins)))) {
    it(`${name} is what the first-party plugins give (npm run generate writes it)`, () => {
      assert.equal(readFileSync(join(folder, name), 'utf8'), text);
    });
  }
});

describe('the schema of workflows', () => {
  // Editors and ajv alike ignore keywords that they do not know.
  const validate = new Ajv({ strict: false }).compile(JSON.parse(JSON.stringify(workflowSchema(registry))));
  const steps = '- uses: group/by-study\n  - uses: batch/timeout\n';
  const accepts = (more: string): boolean =>
    validate(parseYaml(`workflow: w\non: { received: { calledAeTitle: A } }\nsteps:\n  ${steps}${more}`).value);

  it('accepts what is right, with expressions where values are', () => {
    assert.ok(accepts(''));
    assert.ok(accepts('  - uses: dicom/export\n    if: ${{ true }}\n    with: { destinations: "${{ x }}", instances: "${{ y }}" }\n'));
    assert.ok(accepts('  - uses: job/submit\n    with: { job: nodules, retries: "${{ x }}", parameters: { any: [1] } }\n'));
  });

  it('refuses unknown steps, unknown options, missing options and wrong values, each by what the step uses', () => {
    assert.ok(!accepts('  - uses: dicom/exprot\n'));
    assert.ok(!accepts('  - uses: job/submit\n'));
    assert.ok(!accepts('  - uses: job/submit\n    with: { job: nodules, quiet: 30s }\n'));
    assert.ok(!accepts('  - uses: job/submit\n    with: { job: nodules, retries: many }\n'));
    assert.ok(!accepts('  - uses: storage/reclaim\n    retry: 5\n'));
    assert.ok(!accepts('xyz: 1\n'));
  });

  it('is draft-07 and says what each key is for', () => {
    const { $schema, properties, definitions } = workflowSchema(registry) as Record<string, Record<string, { description?: string }>>;
    assert.equal($schema, 'http://json-schema.org/draft-07/schema#');
    for (const part of [properties, (definitions?.step as { properties?: object } | undefined)?.properties]) {
      for (const [key, { description }] of Object.entries(part ?? {})) assert.ok(description, `${key} has no description`);
    }
  });
});
