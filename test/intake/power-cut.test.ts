import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sweep } from '../../engine/intake/sweep.ts';
import { openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createFolderStorage } from '../../engine/storage/index.ts';
import { temporaryFolder } from '../storage/temporary-folder.ts';

describe('a power cut while many instances come', () => {
  it('takes back the names of files that are recorded, and the sweep gives them again', async (test) => {
    const folder = await temporaryFolder(test);
    const root = join(folder, 'instances');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'burst-child.ts'), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    test.after(() => child.kill('SIGKILL'));
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.split('\n').length > 300) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = printed.split('\n').slice(0, -1);
    const madeAhead = globSync('*/*/*.part', { cwd: root }).filter((part) => statSync(join(root, part)).size === 0);
    assert.ok(madeAhead.length > 8, `${madeAhead.length} files were made ahead`);
    // What a power cut may do to a rename that is not synced.
    for (const path of acknowledged.filter((_, index) => index % 2 === 0)) renameSync(join(root, path), join(root, `${path}.part`));

    const ledger = await openLedger({ file: join(folder, 'ledger.db') });
    test.after(() => ledger.close());
    const storage = createFolderStorage({ root, watermarkPercent: 99, reserveSpaceGb: 0 });
    const { lost, spared } = await sweep({ storage, ledger, log: silentLog, startedAt: Date.now() });
    assert.deepEqual({ lost, spared }, { lost: 0, spared: 0 });
    for (const path of acknowledged) assert.equal(readFileSync(join(root, path), 'utf8'), 'header dataset', path);
    assert.deepEqual(globSync('*/*/*.part', { cwd: root }), []);
    assert.deepEqual(new Set(globSync('*/*/*.dcm', { cwd: root })), await ledger.knownPaths());
  });
});
