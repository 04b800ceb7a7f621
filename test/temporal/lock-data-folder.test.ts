import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { lockDataFolder } from '../../engine/temporal/index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'gantry-lock-'));
after(() => rmSync(scratch, { recursive: true }));

const door = JSON.stringify(new URL('../../engine/temporal/lock-data-folder.ts', import.meta.url).href);

/** Another engine, as far as the lock goes. Resolves when it has the folder. */
async function otherEngine(t: TestContext, folder: string): Promise<ChildProcess> {
  const script = `import { lockDataFolder } from ${door}; lockDataFolder(${JSON.stringify(folder)}); process.stdout.write('locked'); process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('a data folder', () => {
  it('is made, and belongs to one engine at a time', () => {
    const folder = join(scratch, 'made/below');
    const lock = lockDataFolder(folder);
    assert.throws(() => lockDataFolder(folder), {
      code: 'GY505',
      message: new RegExp(`in use by the engine with process id ${process.pid}$`),
    });
    lock.release();
    lock.release();
    lockDataFolder(folder).release();
  });

  it('is refused to a second process, which names the first, and is free when that was killed', async (t) => {
    const folder = join(scratch, 'contested');
    const other = await otherEngine(t, folder);
    assert.throws(() => lockDataFolder(folder), { code: 'GY505', message: new RegExp(`process id ${other.pid}$`) });
    other.kill('SIGKILL');
    await once(other, 'exit');
    lockDataFolder(folder).release();
  });

  it('stays locked while the lock is not released, though nobody keeps a reference to it', async () => {
    const folder = join(scratch, 'unreferenced');
    // In a function of its own, whose end leaves no reference behind.
    const lockAndForget = (): void => void lockDataFolder(folder);
    lockAndForget();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // A statement is collected before the database that it belongs to.
    for (let pass = 0; pass < 4; pass += 1) {
      collect();
      await turn();
    }
    assert.throws(() => lockDataFolder(folder), { code: 'GY505' });
  });

  it('that cannot be written to is one clear error', () => {
    writeFileSync(join(scratch, 'file'), '');
    assert.throws(() => lockDataFolder(join(scratch, 'file/data')), {
      code: 'GY504',
      message: /^the data folder .*file\/data cannot be written to: ENOTDIR$/,
    });
  });
});
