import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenLedger } from './fixture.ts';

export function memoryContract(open: OpenLedger): void {
  describe('a journal', () => {
    it('remembers by key, the newest value of each name', async (test) => {
      const ledger = await open(test);
      assert.deepEqual(await ledger.journal('step'), new Map());
      await ledger.journalWrite('step', { a: { status: 0 }, b: [1, 'x', null] });
      await ledger.journalWrite('step', { a: 'again', c: undefined });
      await ledger.journalWrite('another', { a: 1 });
      assert.deepEqual(
        await ledger.journal('step'),
        new Map<string, unknown>([
          ['a', 'again'],
          ['b', [1, 'x', null]],
          ['c', null],
        ]),
      );
    });
  });

  describe('a definition', () => {
    it('is kept under its hash for ever', async (test) => {
      const ledger = await open(test);
      assert.equal(await ledger.definition('hash'), null);
      await ledger.saveDefinition('hash', 'lung', '{"v":1}');
      await ledger.saveDefinition('hash', 'lung', '{"v":2}');
      assert.equal(await ledger.definition('hash'), '{"v":1}');
    });
  });
}
