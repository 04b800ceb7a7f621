import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadPlugins } from '../../engine/plugin/host.ts';

describe('loading plugins', () => {
  let folder = '';
  const module = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-plugins-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('takes a default export, or a list of plugins', async () => {
    const one = await module('one.mjs', "export default { name: 'one', version: '1', apiVersion: 1 };");
    const two = await module(
      'two.mjs',
      "export const plugins = [{ name: 'two', version: '1', apiVersion: 1 }, { name: 'three', version: '1', apiVersion: 1 }];",
    );
    assert.deepEqual(
      (await loadPlugins([one, two])).map(({ name }) => name),
      ['one', 'two', 'three'],
    );
  });

  it('names the module that is missing, throws, or brings nothing', async () => {
    await assert.rejects(loadPlugins([join(folder, 'absent.mjs')]), { code: 'GY605', message: /absent\.mjs" cannot be imported/ });
    await assert.rejects(loadPlugins([await module('bad.mjs', "throw new Error('no licence');")]), {
      code: 'GY605',
      message: /bad\.mjs" cannot be imported: no licence/,
    });
    await assert.rejects(loadPlugins([await module('empty.mjs', 'export const nothing = 1;')]), {
      code: 'GY605',
      message: /exports no plugin/,
    });
  });

  it('checks the definition before anybody uses it', async () => {
    const old = await module('old.mjs', "export default { name: 'old', version: '1', apiVersion: 0 };");
    await assert.rejects(loadPlugins([old]), { code: 'GY604', message: /plugin "old"/ });
  });
});
