import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { catalogue } from '../../engine/errors/index.ts';
import { formatDiagnostic, loadWorkflows } from '../../engine/language/index.ts';
import { options } from './fixture-registry.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const names = readdirSync(fixtures);

/** Everything that is wrong with a fixture's files, as `gantry validate` shows it. */
async function render(name: string): Promise<string> {
  const folder = join(fixtures, name);
  const { diagnostics, texts, workflows } = await loadWorkflows(folder, options);
  assert.equal(workflows.size, 0, 'nothing is half-loaded');
  const shown = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, texts.get(diagnostic.file) ?? null));
  return `${shown.join('\n\n').replaceAll(`${folder}/`, '')}\n`;
}

describe('a workflow is refused with every problem in one run:', () => {
  for (const name of names) {
    it(name, async () => {
      assert.equal(await render(name), readFileSync(join(fixtures, name, 'expected.txt'), 'utf8'));
    });
  }
});

describe('the error catalogue', () => {
  it('has each code that the fixtures show, and the fixtures show each code of the language', async () => {
    const shown = (await Promise.all(names.map(render))).join('\n').match(/\bGY\d{3}\b/g) ?? [];
    const ofLanguage = Object.keys(catalogue).filter((code) => code.startsWith('GY2'));
    // A file or folder that cannot be read is no fixture: see load-workflows.test.ts.
    assert.deepEqual([...new Set([...shown, 'GY223'])].sort(), ofLanguage.sort());
  });
});
