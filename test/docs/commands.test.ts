import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { requirePeer } from '../peers/peers.ts';

const root = resolve(import.meta.dirname, '../..');

interface Block {
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks of a page, its ports replaced by free ones. */
function blocksOf(page: string, ports: Readonly<Record<string, number>>): Block[] {
  let text = readFileSync(join(root, 'docs', page), 'utf8');
  for (const [written, free] of Object.entries(ports)) text = text.replaceAll(written, String(free));
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map((match) => ({ language: match[1] ?? '', text: match[2] ?? '' }));
}

/** A page's commands as one script: files are written where they stand, and what runs in the background is waited for. */
function scriptOf(blocks: readonly Block[], after: Readonly<Record<string, string>>): string {
  const lines: string[] = [];
  for (const { language, text } of blocks) {
    const file = /^(?:#|\/\/) file: (\S+)\n/.exec(text)?.[1];
    if (file !== undefined) lines.push(`mkdir -p "$(dirname ${file})"`, `cat > ${file} <<'END_OF_FILE'\n${text}END_OF_FILE`);
    if (language !== 'sh') continue;
    for (const line of text.trimEnd().split('\n')) {
      lines.push(line.endsWith('&') ? line.replace(/&$/, `> ${logOf(line)} 2>&1 &`) : line);
      for (const [command, wait] of Object.entries(after)) if (line.startsWith(command)) lines.push(wait);
    }
  }
  return lines.join('\n');
}

const logOf = (line: string): string => `${line.split(' ')[0]}-background.log`;

/** Waits for a condition of the shell, a minute at most. */
const until = (condition: string): string => `for i in $(seq 600); do if ${condition}; then break; fi; sleep 0.1; done; ${condition}`;

async function run(script: string, folder: string): Promise<{ status: number | null; output: string }> {
  const bin = join(folder, '.bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
  writeFileSync(join(bin, 'gantry'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'engine/cli/gantry.mjs')}' "$@"\n`, {
    mode: 0o755,
  });
  // Background programs are ended by their process ids, whatever happened before.
  const whole = `set -euo pipefail\ntrap 'echo "FAILED: $BASH_COMMAND"' ERR\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n${script}\n`;
  const shell = spawn('bash', ['-c', whole], {
    cwd: folder,
    env: { ...process.env, PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter), TCP_NODELAY: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(shell, 'close')) as [number | null];
  return { status, output };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function temporaryFolder(t: { after(fn: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-docs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('the commands of the documentation', () => {
  it('write a workflow, run it, and unstick its parked step as the pages say', async (t) => {
    if (requirePeer(t, 'dcmtk') === null) return;
    const folder = temporaryFolder(t);
    const ports = { '11112': await freePort(), '11113': await freePort() };
    const parked = `gantry runs list --json | grep -q '"parked": true'`;
    const script = scriptOf([...blocksOf('write-a-workflow.md', ports), ...blocksOf('operate.md', ports)], {
      'gantry dev': until('grep -q "gantry ready" gantry-background.log'),
      'gantry send': until(parked),
      storescp: until(`(exec 3<>/dev/tcp/127.0.0.1/${ports['11113']}) 2>/dev/null`),
      'gantry runs retry': until(`gantry runs show "$RUN" --json | grep -q '"status": "COMPLETED"'`),
    });
    const { status, output } = await run(script, folder);
    assert.equal(status, 0, output);
    assert.match(output, /1 workflows are fine|1 workflow is fine/);
    assert.match(output, /12 of 12 stored by COUNT/);
    assert.match(output, /✓ engine: process/);
  });

  it('turn on TLS, let in only a peer with a certificate, and renew ours', async (t) => {
    if (requirePeer(t, 'dcmtk') === null || requirePeer(t, 'openssl') === null) return;
    const folder = temporaryFolder(t);
    const ports = { '11112': await freePort(), '2762': await freePort() };
    const log = 'gantry-background.log';
    const script = scriptOf(blocksOf('secure.md', ports), {
      'gantry dev': until(`grep -q "gantry ready" ${log}`),
      'openssl x509 -req -in tls/gantry.csr': `[ ! -e ${log} ] || { ${until(`grep -q "new TLS certificate in force" ${log}`)}; }`,
    });
    const { status, output } = await run(script, folder);
    assert.equal(status, 0, output);
    assert.match(output, /✓ TLS: \S+gantry\.crt until 20\d\d-/);
    assert.match(output, /^accepted$[\s\S]*^refused: no certificate$[\s\S]*^refused: no TLS$/m);
    assert.match(output, /✓ engine: process \d+ since \S+, DICOM on 127\.0\.0\.1:\d+ with TLS/);
  });

  it('check the configuration that the page shows', async (t) => {
    const folder = temporaryFolder(t);
    const { status, output } = await run(scriptOf(blocksOf('configure.md', {}), {}), folder);
    assert.equal(status, 0, output);
    assert.match(output, /"check": "configuration",\s+"ok": true/);
  });
});
