import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type WorkflowWatch, watchWorkflows } from '../../engine/language/index.ts';
import { options } from './fixture-registry.ts';

const workflow = (name: string, title = name): string =>
  `workflow: ${name}\ntitle: ${title}\non: { received: { calledAeTitle: A } }\nsteps:\n  - uses: group/by-study\n  - uses: batch/timeout\n`;

describe('watching a folder of workflows', () => {
  let folder: string;
  let watch: WorkflowWatch;
  const told: (() => void)[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-watch-'));
  });
  afterEach(async () => {
    await watch.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (place = folder): Promise<void> => {
    watch = await watchWorkflows(place, options, () => {
      for (const wake of told.splice(0)) wake();
    });
  };
  /** Titles by file name, and codes of what is wrong. */
  const state = (): string =>
    [
      ...[...watch.current()].map(([file, { definition }]) => `${file.split('/').at(-1)}=${definition.title}`).sort(),
      ...watch.diagnostics().map(({ code }) => code),
    ].join(' ');
  const until = async (wanted: string): Promise<void> => {
    const from = Date.now();
    while (state() !== wanted) {
      const left = 5_000 - (Date.now() - from);
      assert.ok(left > 0, `after 5 s it is "${state()}", and not "${wanted}"`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        told.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  };
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

  it('takes added, changed and removed files within 5 s, and keeps the last good version of a broken one', async () => {
    await write('a.yaml', workflow('a'));
    await start();
    assert.equal(state(), 'a.yaml=a');
    await write('b.yaml', workflow('b'));
    await until('a.yaml=a b.yaml=b');
    await write('a.yaml', workflow('a', 'new'));
    await until('a.yaml=new b.yaml=b');
    await write('a.yaml', `${workflow('a', 'broken')}xyz: 1\n`);
    await until('a.yaml=new b.yaml=b GY203');
    await rm(join(folder, 'b.yaml'));
    await until('a.yaml=new GY203');
    await write('a.yaml', workflow('a', 'mended'));
    await until('a.yaml=mended');
  });

  it('follows a ConfigMap, whose files are links into a folder that is swapped', async () => {
    const revise = async (revision: string, title: string): Promise<void> => {
      await mkdir(join(folder, `..${revision}`));
      await writeFile(join(folder, `..${revision}`, 'a.yaml'), workflow('a', title));
      await symlink(`..${revision}`, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await revise('v1', 'first');
    await symlink('..data/a.yaml', join(folder, 'a.yaml'));
    await start();
    assert.equal(state(), 'a.yaml=first');
    await revise('v2', 'second');
    await rm(join(folder, '..v1'), { recursive: true });
    await until('a.yaml=second');
    await revise('v3', 'third');
    await until('a.yaml=third');
  });

  it('lets the file that had a name keep it, and takes the other once the name is free', async () => {
    await write('b.yaml', workflow('same', 'one'));
    await start();
    await write('a.yaml', workflow('same', 'two'));
    await until('b.yaml=one GY220 GY220');
    await rm(join(folder, 'b.yaml'));
    await until('a.yaml=two');
  });

  it('keeps everything while the folder cannot be read, and finds a folder that appears later', async () => {
    const place = join(folder, 'later');
    await start(place);
    assert.equal(state(), 'GY223');
    await mkdir(join(folder, 'made'));
    await writeFile(join(folder, 'made', 'a.yaml'), workflow('a'));
    await rename(join(folder, 'made'), place);
    await until('a.yaml=a');
    await rename(place, join(folder, 'away'));
    await until('a.yaml=a GY223');
    await rename(join(folder, 'away'), place);
    await until('a.yaml=a');
  });

  it('tells a change again to a listener that could not take it', async () => {
    await write('a.yaml', workflow('a'));
    const calls: number[] = [];
    await new Promise<void>((resolve, reject) => {
      watchWorkflows(folder, options, async ({ current }) => {
        calls.push(current.size);
        if (calls.length === 1) throw new Error('busy');
        resolve();
      }).then(async (started) => {
        watch = started;
        await write('b.yaml', workflow('b'));
      }, reject);
    });
    assert.deepEqual(calls, [2, 2]);
  });
});
