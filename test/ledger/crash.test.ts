import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openLedger } from '../../engine/ledger/index.ts';
import { temporaryLedger } from './temporary-ledger.ts';

describe('a process killed while it records', () => {
  it('has every instance that it acknowledged in the ledger', async (test) => {
    const file = await temporaryLedger(test);
    for (const acknowledgements of [100, 300]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'recording-child.ts'), file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      test.after(() => child.kill('SIGKILL'));
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (printed.split('\n').length > acknowledgements) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const acknowledged = printed.split('\n').slice(0, -1);
      assert.ok(acknowledged.length >= acknowledgements);

      const ledger = await openLedger({ file });
      const recorded = new Set((await ledger.instances({})).map(({ path }) => path));
      await ledger.close();
      assert.deepEqual(
        acknowledged.filter((path) => !recorded.has(path)),
        [],
      );
    }
  });
});
