// Makes docs/images/run.png: a run of the demo in Temporal's Web UI, by headless Chromium. `node test/docs/screenshot.ts`
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '../..');
const profile = mkdtempSync(join(tmpdir(), 'gantry-chromium-'));
const demo = spawn(process.execPath, [join(root, 'engine/cli/gantry.mjs'), 'demo'], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  let url: string | undefined;
  for await (const line of createInterface({ input: demo.stdout })) {
    url ??= /http\S+\/history/.exec(line)?.[0];
    if (line.includes('keeps running')) break;
  }
  if (url === undefined) throw new Error('the demo named no run');
  const { status } = spawnSync(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--hide-scrollbars',
      `--user-data-dir=${profile}`,
      '--window-size=1500,1250',
      // The page loads its data in the background: this much of its own time is let pass.
      '--virtual-time-budget=20000',
      `--screenshot=${join(root, 'docs/images/run.png')}`,
      // The timeline, which shows the pause before the second export.
      url.replace(/\/history$/, '/timeline'),
    ],
    { stdio: ['ignore', 'ignore', 'ignore'], timeout: 120_000 },
  );
  if (status !== 0) throw new Error(`chromium ended with ${status}`);
} finally {
  demo.kill('SIGINT');
  rmSync(profile, { recursive: true, force: true });
}
