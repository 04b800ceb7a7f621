import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { formatDiagnostics, loadWorkflows } from '../../engine/language/index.ts';
import { options } from './fixture-registry.ts';

const workflow = (name: string): string =>
  `workflow: ${name}\non: { received: { calledAeTitle: A } }\nsteps:\n  - uses: group/by-study\n  - uses: batch/timeout\n`;

describe('loading a folder of workflows', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-load-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('takes *.yaml and *.yml, and neither scenarios, hidden files nor folders below', async () => {
    const place = join(folder, 'names');
    await mkdir(join(place, 'below.yaml'), { recursive: true });
    for (const file of ['a.yaml', 'b.yml', 'a.scenario.yaml', '.hidden.yaml', 'notes.txt', 'below.yaml/c.yaml']) {
      await writeFile(join(place, file), workflow(`w-${file[0]}`));
    }
    const { workflows, diagnostics } = await loadWorkflows(place, options);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual([...workflows.keys()], [join(place, 'a.yaml'), join(place, 'b.yml')]);
  });

  it('keeps good files where others are broken, and reports all that are', async () => {
    const place = join(folder, 'mixed');
    await mkdir(place);
    await writeFile(join(place, 'a.yaml'), `${workflow('a')}xyz: 1\n`);
    await writeFile(join(place, 'b.yaml'), workflow('b'));
    await writeFile(join(place, 'c.yaml'), 'steps: [');
    const { workflows, diagnostics } = await loadWorkflows(place, options);
    assert.deepEqual(
      [...workflows.values()].map(({ definition }) => definition.workflow),
      ['b'],
    );
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['GY203', 'GY201'],
    );
    const shown = await formatDiagnostics(diagnostics);
    assert.match(shown, /a\.yaml:6:1 {2}GY203[\s\S]*\n\n.*c\.yaml:1:9 {2}GY201/);
  });

  it('takes files that are named outright, and says which paths cannot be read', async () => {
    const place = join(folder, 'named');
    await mkdir(place);
    await writeFile(join(place, 'any.name'), workflow('named'));
    await symlink(join(place, 'loop.yaml'), join(place, 'loop.yaml'));
    const { workflows, diagnostics } = await loadWorkflows([join(place, 'any.name'), join(place, 'absent.yaml'), place], options);
    assert.equal(workflows.size, 1);
    assert.deepEqual(
      diagnostics.map(({ code, file, message }) => [code, file, message]),
      [
        ['GY223', join(place, 'absent.yaml'), 'cannot be read (ENOENT)'],
        ['GY223', join(place, 'loop.yaml'), 'cannot be read (ELOOP)'],
      ],
    );
  });
});
