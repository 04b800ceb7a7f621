#!/usr/bin/env node
// The `gantry` command. In a clone it runs the TypeScript sources as they are; installed, the built files beside them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const self = fileURLToPath(import.meta.url);
const here = dirname(self);
const major = Number(process.versions.node.split('.')[0]);

if (major < 24) {
  const node = pinnedNode();
  if (node === null) {
    process.stderr.write(
      `GY801 Node ${process.versions.node} is too old. Gantry needs Node 24 or newer: install it, or run "npm install" in the clone.\n`,
    );
    process.exit(2);
  }
  const { status } = spawnSync(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

// Syncs of several associations are to run side by side: libuv's four threads would let them wait for one another. It is read at the first use.
process.env.UV_THREADPOOL_SIZE ??= '16';

const source = join(here, 'main.ts');
const built = join(here, '../../dist/engine/cli/main.js');
await import(pathToFileURL(existsSync(source) ? source : built).href);

/** The Node that the clone pins as a development dependency; null where there is none. */
function pinnedNode() {
  try {
    const require = createRequire(import.meta.url);
    const { bin } = require('node/package.json');
    const path = join(dirname(require.resolve('node/package.json')), typeof bin === 'string' ? bin : bin.node);
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}
