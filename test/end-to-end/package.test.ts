import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makePhantom } from '../../engine/dicom/index.ts';
import { Site } from './site.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

interface PackageJson {
  readonly version: string;
  readonly files: readonly string[];
  readonly scripts: { readonly build: string };
}

describe('the package, installed into an empty folder,', () => {
  let folder: string;
  let app: string;
  let packed: readonly string[];
  // As a user has it: this Node first.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), npm_config_update_notifier: 'false' };

  before(async () => {
    folder = await realpath(await temporaryFolder());
    const { version, files, scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageJson;
    // Built and packed beside the clone, which others may be using: `dist` goes elsewhere, and what else is published is copied to it.
    const staged = join(folder, 'package');
    const [, ...build] = scripts.build.split(' ');
    assert.deepEqual(build.slice(-2), ['--outDir', 'dist']);
    await run(process.execPath, [...build.slice(0, -1), join(staged, 'dist')], { cwd: root });
    for (const name of ['package.json', 'README.md', 'LICENSE', ...files.filter((file) => !file.startsWith('dist'))]) {
      await mkdir(dirname(join(staged, name)), { recursive: true });
      await cp(join(root, name), join(staged, name), { recursive: true });
    }
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: staged, env });
    const [tarball] = JSON.parse(stdout) as readonly { readonly filename: string; readonly files: readonly { readonly path: string }[] }[];
    packed = tarball?.files.map(({ path }) => path) ?? [];
    assert.equal(tarball?.filename, `gantry-${version}.tgz`);

    app = join(folder, 'app');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true }');
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', join(folder, tarball.filename)], {
      cwd: app,
      env,
    });
  });
  after(() => removeFolder(folder));

  it('has what it needs to run, and no tests, sources or caches', () => {
    for (const needed of [
      'engine/cli/gantry.mjs',
      'dist/engine/index.js',
      'dist/engine/index.d.ts',
      'dist/plugins/index.js',
      'README.md',
      'LICENSE',
      'schemas/workflow.schema.json',
      'workflows/chest-mip.yaml',
    ])
      assert.ok(packed.includes(needed), `${needed} is packed`);
    const unwanted = packed.filter((path) => /(^|\/)(test|node_modules|\.cache)\//.test(path) || /(?<!\.d)\.ts$/.test(path));
    assert.deepEqual(unwanted, []);
  });

  it('gives a gantry command that helps, and validates', async () => {
    const command = join(app, 'node_modules/.bin/gantry');
    const help = await run(command, ['--help'], { cwd: app, env });
    assert.match(help.stdout, /^Usage: gantry /);
    const workflow = join(app, 'node_modules/gantry/workflows/forward.yaml');
    await writeFile(join(app, 'gantry.yaml'), 'dicom: { destinations: { PACS: { aeTitle: PACS, host: 127.0.0.1, port: 104 } } }');
    const { stdout } = await run(command, ['validate', workflow, '--json'], { cwd: app, env });
    assert.deepEqual(JSON.parse(stdout), []);
  });

  it('gives a gantry dev that runs a study through a job', async (t) => {
    const site = await Site.open({
      program: join(app, 'node_modules/gantry/engine/cli/gantry.mjs'),
      jobs: { count: { command: ['node', '-e', `if (process.env.GANTRY_INSTANCES !== '3') process.exit(1)`] } },
      workflows: {
        installed: `
workflow: installed
on: { received: { calledAeTitle: INSTALLED, when: "\${{ instance.Modality == 'CT' }}" } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: count, uses: job/submit, with: { job: count } }
`,
      },
    });
    t.after(() => site.close());
    const gantry = await site.start();
    const { studyInstanceUid } = await makePhantom({ folder: join(site.folder, 'study'), slices: 3, size: 16 });
    const { status, stderr } = await site.run('send', join(site.folder, 'study'), '--called', 'INSTALLED');
    assert.equal(status, 0, stderr);
    const run = await gantry.ended(`installed/INSTALLED/${studyInstanceUid}`);
    assert.deepEqual({ status: run.status, instances: run.instances }, { status: 'COMPLETED', instances: 3 });
    assert.equal(await gantry.stop(), 0);
  });

  it('gives authors the plugin SDK, and integrators the schemas', async () => {
    const script = `
      import { definePlugin, defineStep, Type } from 'gantry/plugin';
      import { startEngine } from 'gantry';
      import schema from 'gantry/schemas/workflow.schema.json' with { type: 'json' };
      console.log(typeof definePlugin, typeof defineStep, typeof Type.Object, typeof startEngine, schema.$schema);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: app, env });
    assert.equal(stdout, 'function function function function http://json-schema.org/draft-07/schema#\n');
  });
});
