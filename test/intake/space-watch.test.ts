import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSpaceWatch } from '../../engine/intake/space-watch.ts';
import { silentLog } from '../../engine/log/index.ts';

const space = (freeGb: number) => ({ open: freeGb > 5, freeBytes: freeGb * 1e9, reservedBytes: 5e9, totalBytes: 100e9 });

describe('the watch over free space', () => {
  it('says once that there is too little, and once that there is enough again and stays', async () => {
    let time = 0;
    let free = 9;
    let looks = 0;
    const said: string[] = [];
    const watch = startSpaceWatch({
      storage: {
        async space() {
          looks += 1;
          return space(free);
        },
      },
      log: {
        ...silentLog,
        error: (message, fields) => said.push(`error: ${message} ${JSON.stringify(fields)}`),
        info: (message, fields) => said.push(`info: ${message} ${JSON.stringify(fields)}`),
      },
      now: () => time,
      everyMs: 60_000,
    });
    const lookAt = async (freeGb: number, at: number): Promise<void> => {
      free = freeGb;
      time = at;
      const before = looks;
      watch.kick();
      while (looks === before) await new Promise(setImmediate);
    };
    await lookAt(6, 1_000);
    await lookAt(1.234, 2_000);
    await lookAt(1, 3_000);
    // Comes and goes: not said.
    await lookAt(5.5, 4_000);
    await lookAt(5, 5_000);
    await lookAt(5.5, 6_000);
    await lookAt(5.6, 10_999);
    const low = 'error: free space is below the reserve: nothing is received until there is more';
    assert.deepEqual(said, [`${low} {"freeGb":1.23,"reservedGb":5}`]);
    await lookAt(7, 11_000);
    await lookAt(7, 20_000);
    await lookAt(0, 21_000);
    await watch.stop();
    assert.deepEqual(said.slice(1), [
      'info: there is enough free space again: instances are received {"freeGb":7,"reservedGb":5}',
      `${low} {"freeGb":0,"reservedGb":5}`,
    ]);
  });
});
