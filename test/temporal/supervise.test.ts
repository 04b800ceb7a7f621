import assert from 'node:assert/strict';
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { silentLog } from '../../engine/log/index.ts';
import { boundLog, lastWords } from '../../engine/temporal/bounded-log.ts';
import type { ServerProcess } from '../../engine/temporal/server-process.ts';
import { restartDelayMs, supervise } from '../../engine/temporal/supervise.ts';

const scratch = mkdtempSync(join(tmpdir(), 'gantry-supervise-'));
after(() => rmSync(scratch, { recursive: true }));

describe('the supervisor of the embedded server', () => {
  it('waits longer after each fault in a row, up to 30 s', () => {
    assert.deepEqual([1, 2, 3, 4, 9, 10, 50].map(restartDelayMs), [100, 200, 400, 800, 25_600, 30_000, 30_000]);
  });

  it('goes on trying, also when a start throws or the program cannot be executed', async () => {
    const third = Promise.withResolvers<void>();
    let starts = 0;
    const start = (): ServerProcess => {
      starts += 1;
      if (starts === 1) throw new Error('ENOSPC');
      if (starts === 2) return { pid: null, ended: Promise.resolve('spawn ENOENT') };
      third.resolve();
      return { pid: null, ended: new Promise(() => {}) };
    };
    supervise({ pid: null, ended: Promise.resolve('signal SIGKILL') }, start, silentLog);
    // The supervisor's own timers keep no process alive.
    const limit = new AbortController();
    await Promise.race([
      third.promise,
      sleep(10_000, undefined, { signal: limit.signal }).then(() => assert.fail('no third start')),
    ]).finally(() => limit.abort());
  });

  it('starts none after it was stopped in the pause before a start', async () => {
    const died = Promise.withResolvers<string>();
    let starts = 0;
    const supervisor = supervise(
      { pid: null, ended: died.promise },
      () => {
        starts += 1;
        return { pid: null, ended: new Promise(() => {}) };
      },
      silentLog,
    );
    died.resolve('exit code 1');
    await turn();
    await supervisor.stop();
    await turn();
    assert.equal(starts, 0);
  });
});

describe("the server's log", () => {
  it('is moved aside when it has grown too long, and its writer goes on in an empty one', () => {
    const file = join(scratch, 'temporal.log');
    const writer = openSync(file, 'a');
    writeSync(writer, 'old\n');
    boundLog(file, 4);
    assert.equal(readFileSync(file, 'utf8'), 'old\n');
    boundLog(file, 3);
    writeSync(writer, 'new\n');
    assert.equal(readFileSync(file, 'utf8'), 'new\n');
    assert.equal(readFileSync(`${file}.1`, 'utf8'), 'old\n');
    closeSync(writer);
    boundLog(join(scratch, 'absent.log'));
  });

  it('gives the last error of this start, not of an earlier one', () => {
    const file = join(scratch, 'words.log');
    writeFileSync(file, 'Error: an earlier one\n');
    const offset = readFileSync(file).length;
    assert.equal(lastWords(file, offset), '');
    appendFileSync(file, 'Temporal CLI 1.9.1\nError: can’t\ntime=… level=WARN msg=later\n');
    assert.equal(lastWords(file, offset), 'Error: can’t');
  });
});
