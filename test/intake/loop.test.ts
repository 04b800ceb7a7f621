import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startLoop } from '../../engine/intake/loop.ts';
import { silentLog } from '../../engine/log/index.ts';

const never = 3_600_000;

describe('a loop', () => {
  it('runs a kick that comes during a pass, and never two passes at once', async () => {
    let open = 0;
    let most = 0;
    let passes = 0;
    const gates: (() => void)[] = [];
    const loop = startLoop({
      name: 'test',
      everyMs: never,
      log: silentLog,
      async pass() {
        open += 1;
        most = Math.max(most, open);
        await new Promise<void>((resolve) => gates.push(resolve));
        open -= 1;
        passes += 1;
        return false;
      },
    });
    await turn();
    loop.kick();
    loop.kick();
    gates.shift()?.();
    await turn();
    assert.equal(passes, 1);
    assert.equal(gates.length, 1, 'the kicks during the first pass gave a second one');
    gates.shift()?.();
    await loop.stop();
    assert.deepEqual({ most, passes }, { most: 1, passes: 2 });
  });

  it('goes on after a pass that throws, and while there is more', async () => {
    const answers = [() => Promise.reject(new Error('disk away')), () => Promise.resolve(true), () => Promise.resolve(false)];
    let passes = 0;
    const errors: string[] = [];
    const loop = startLoop({
      name: 'test',
      everyMs: 1,
      log: { ...silentLog, error: (message) => void errors.push(message) },
      pass: () => (answers[passes++] ?? (() => Promise.resolve(false)))(),
    });
    while (passes < 3) await turn();
    await loop.stop();
    assert.equal(errors.length, 1);
  });

  it('lets the pass under way end before it stops', async () => {
    let finished = false;
    const loop = startLoop({
      name: 'test',
      everyMs: never,
      log: silentLog,
      async pass() {
        await turn();
        finished = true;
        return false;
      },
    });
    await loop.stop();
    assert.equal(finished, true);
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
