import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openLedger, openLedgerReader } from '../../engine/ledger/index.ts';
import { take } from './contract/fixture.ts';
import { temporaryLedger } from './temporary-ledger.ts';

describe('a reader', () => {
  it('sees what the engine has committed, while it runs and after', async (test) => {
    const file = await temporaryLedger(test);
    const ledger = await openLedger({ file });
    const reader = await openLedgerReader({ file });
    assert.deepEqual(await reader.instances({}), []);
    await take(ledger, ['lung'], { sopInstanceUid: '1.5' });
    assert.deepEqual(await reader.instances({}), await ledger.instances({}));
    assert.deepEqual(await reader.explain('1.5'), await ledger.explain('1.5'));
    assert.deepEqual(await reader.counts(), await ledger.counts());
    assert.deepEqual(await reader.openGroups(), await ledger.openGroups());
    const told = await ledger.explain('1.5');
    await ledger.close();
    await reader.close();

    const later = await openLedgerReader({ file });
    assert.deepEqual(await later.explain('1.5'), told);
    await later.close();
  });

  it('does not make a ledger where there is none', async (test) => {
    const file = await temporaryLedger(test);
    await assert.rejects(openLedgerReader({ file }), { name: 'GantryError', code: 'GY413', message: /there is no ledger at/ });
  });
});
