import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';

const command = resolve(import.meta.dirname, '../../engine/cli/gantry.mjs');

describe('the demo', () => {
  it('takes a synthetic study the whole way, and says of itself that all of it happened', async () => {
    const child = spawn(process.execPath, [command, 'demo', '--exit'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    assert.equal(status, 0, output);
    assert.equal(output.match(/^✓/gm)?.length, 6, output);
  });
});
