import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { conformancePage } from './conformance-page.ts';
import { errorsPage } from './errors-page.ts';

const root = resolve(import.meta.dirname, '../..');

describe('generated pages', () => {
  it('docs/errors.md is what the catalogue says (npm run generate writes it)', async () => {
    assert.equal(await readFile(join(root, 'docs/errors.md'), 'utf8'), errorsPage());
  });

  it('docs/conformance.md is what the code does (npm run generate writes it)', async () => {
    assert.equal(await readFile(join(root, 'docs/conformance.md'), 'utf8'), await conformancePage());
  });
});
