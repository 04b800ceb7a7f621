import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { transferSyntaxNames } from '../../engine/dicom/transfer-syntaxes.ts';
import { encodings } from './encodings.ts';
import { interopPage } from './interop-page.ts';

describe('the interoperability table', () => {
  it('has every transfer syntax that the receiver takes, once, and no other', () => {
    const rows = encodings.flatMap(({ transferSyntaxUids }) => transferSyntaxUids);
    assert.deepEqual(rows.toSorted(), [...transferSyntaxNames.keys()].toSorted());
  });

  it('is checked in as docs/interop.md (npm run generate writes it)', async () => {
    assert.equal(await readFile(resolve(import.meta.dirname, '../../docs/interop.md'), 'utf8'), interopPage());
  });
});
