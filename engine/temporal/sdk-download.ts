// Run as a program of its own by download.ts: `sdk-download FOLDER`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Runtime } from '@temporalio/worker';

// The SDK downloads only on the way to starting a server; it is ended again at once.
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(require.resolve('@temporalio/worker/package.json'), 'utf8')) as { version: string };
const runtime = Runtime.instance();
try {
  const server = await runtime.createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir: process.argv[2] ?? null,
      version: 'default',
      ttl: 24 * 60 * 60 * 1000,
      sdkName: 'sdk-typescript',
      sdkVersion: version,
    },
    namespace: 'default',
    ip: '127.0.0.1',
    port: null,
    uiPort: null,
    dbFilename: null,
    ui: false,
    log: { format: 'pretty', level: 'error' },
    extraArgs: [],
  });
  await runtime.shutdownEphemeralServer(server);
} catch (error) {
  // Its causes repeat each other and the whole address.
  const causes = (error instanceof Error ? error.message : String(error)).replaceAll(/\?[^)\s]*/g, '').split(': ');
  process.stderr.write([...new Set(causes)].slice(1).join(': '));
  process.exitCode = 1;
}
