import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../engine/log/index.ts';
import { startEmbedded } from '../../engine/temporal/embedded-server.ts';
import type { TemporalBinary } from '../../engine/temporal/find-binary.ts';
import { connectRuns, createRuns, openTemporal } from '../../engine/temporal/index.ts';
import { choosePorts, isPortFree } from '../../engine/temporal/ports.ts';
import { isAlive, runningPrograms } from '../../engine/temporal/process-table.ts';
import { serverArguments } from '../../engine/temporal/server-arguments.ts';
import { spawnServer } from '../../engine/temporal/server-process.ts';
import { startFailure } from '../../engine/temporal/start-failure.ts';
import { searchAttributes } from '../../engine/workflow/contract.ts';
import { makeScratch, removeScratch, testBinary, testEnvironment } from './test-binary.ts';

const scratch = makeScratch();
let binary: TemporalBinary;
before(async () => {
  binary = await testBinary();
});
after(() => assert.deepEqual(removeScratch(scratch), [], 'no server is left running'));

const config = { port: 0, uiPort: 0, namespace: 'default' };
const open = (folder: string) => openTemporal({ config, dataFolder: join(scratch, folder), log: silentLog, env: testEnvironment });
const start = (folder: string, ports: { port?: number; uiPort?: number } = {}) =>
  startEmbedded({ binary, ...config, ...ports, dataFolder: join(scratch, folder), log: silentLog, env: testEnvironment });

async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `waited in vain until ${what}`);
    await sleep(25);
  }
}

const wake = {
  group: 1,
  reason: 'new-group',
  workflow: 'lung-ct',
  workflowId: 'lung-ct/LUNG/1.2.3',
  calledAeTitle: 'LUNG',
  key: '1.2.3',
  definition: 'd'.repeat(64),
} as const;

describe('the embedded Temporal server', { concurrency: 3 }, () => {
  it('has our search attributes, a Web UI, and histories for 30 days; over a restart it keeps its runs and its addresses', async () => {
    const first = await open('kept');
    const { address, uiUrl, pid, embedded } = first.server;
    assert.ok(embedded && pid !== null && isAlive(pid));
    const { customAttributes } = await first.connection.operatorService.listSearchAttributes({ namespace: 'default' });
    assert.deepEqual(Object.keys(customAttributes ?? {}).sort(), Object.keys(searchAttributes).sort());
    const { config: settings } = await first.connection.workflowService.describeNamespace({ namespace: 'default' });
    assert.equal(Number(settings?.workflowExecutionRetentionTtl?.seconds), 30 * 86_400);
    assert.equal((await fetch(`${uiUrl}/namespaces/default/workflows`)).status, 200);
    await createRuns(first.client).wake(wake);
    await first.close();
    assert.ok(!isAlive(pid));

    const second = await open('kept');
    assert.equal(second.server.address, address);
    assert.equal(second.server.uiUrl, uiUrl);
    const { runs, close } = await connectRuns(second.server, testEnvironment);
    await until('the run is listed', async () => (await runs.list({})).length > 0);
    assert.deepEqual(
      (await runs.list({})).map(({ workflowId, calledAeTitle, status }) => ({ workflowId, calledAeTitle, status })),
      [{ workflowId: wake.workflowId, calledAeTitle: 'LUNG', status: 'RUNNING' }],
    );
    await close();
    await second.close();
  });

  it('that dies is started again at the same address, and connections to it work on', async () => {
    const temporal = await open('dies');
    const { pid, address } = temporal.server;
    assert.ok(pid !== null);
    // Of its own group, so that Ctrl-C in a terminal does not reach it.
    process.kill(-pid, 'SIGKILL');
    await until('another runs', () => temporal.server.pid !== null && temporal.server.pid !== pid);
    assert.ok(!isAlive(pid));
    await createRuns(temporal.client).wake(wake);
    assert.equal(temporal.server.address, address);
    const state = JSON.parse(readFileSync(join(scratch, 'dies/temporal.json'), 'utf8')) as { pid: number };
    assert.equal(state.pid, temporal.server.pid);
    await temporal.close();
  });

  it('of a killed engine is taken over as it runs, then watched and ended like any', async (t) => {
    const script = `
      import { startEmbedded } from ${JSON.stringify(new URL('../../engine/temporal/embedded-server.ts', import.meta.url).href)};
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const options = ${JSON.stringify({ binary, ...config, dataFolder: join(scratch, 'killed --engine é'), env: testEnvironment })};
      const { pid, address } = await startEmbedded({ ...options, log });
      console.log(JSON.stringify({ pid, address }));
      setInterval(() => {}, 1_000);`;
    const engine = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => engine.kill('SIGKILL'));
    const [line] = (await once(createInterface(engine.stdout), 'line')) as [string];
    engine.kill('SIGKILL');
    await once(engine, 'exit');
    const left = JSON.parse(line) as { pid: number; address: string };

    const temporal = await open('killed --engine é');
    assert.deepEqual({ pid: temporal.server.pid, address: temporal.server.address }, left);
    process.kill(left.pid, 'SIGKILL');
    await until('another runs', () => temporal.server.pid !== null && temporal.server.pid !== left.pid);
    await createRuns(temporal.client).wake(wake);
    await temporal.close();
    assert.ok(!isAlive(left.pid));
  });

  it('of a killed engine is ended where it listens elsewhere than the configuration now says', async () => {
    const folder = join(scratch, 'unfit');
    mkdirSync(folder);
    const ports = { frontend: await freePort(), ui: await freePort() };
    const left = spawnServer({
      path: binary.path,
      args: serverArguments(binary, join(folder, `temporal-${binary.serverVersion}.db`), ports, 'default'),
      cwd: folder,
      logFile: join(folder, 'temporal.log'),
      env: testEnvironment,
    });
    assert.ok(left.pid !== null);
    const server = await start('unfit', { port: await freePort() });
    assert.notEqual(server.pid, left.pid);
    assert.ok(!isAlive(left.pid));
    await server.stop();
  });

  it('leaves another program that works in the data folder alone, and refuses to work beside it', async (t) => {
    const folder = join(scratch, 'foreign');
    mkdirSync(folder);
    const database = join(folder, 'temporal-1.32.0.db');
    const foreign = spawn('sh', ['-c', 'read line', 'temporal', 'server', 'start-dev', '--db-filename', database, '--port', '7233'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    t.after(() => foreign.kill('SIGKILL'));
    await once(foreign, 'spawn');
    await until('it shows in the process table', () =>
      runningPrograms().some(({ command }) => command.includes(`--db-filename ${database} `)),
    );
    await assert.rejects(start('foreign'), {
      code: 'GY505',
      message: new RegExp(`^the process ${foreign.pid}, a Temporal server that Gantry did not start`),
    });
    assert.equal(foreign.exitCode, null);
    foreign.stdin.end();
    await once(foreign, 'exit');
  });

  it('on a port that is taken is one clear error, for the server and for the Web UI', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    t.after(() => holder.close());
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const message = `the port ${port} on 127.0.0.1, meant for the Temporal server, is taken`;
    await assert.rejects(start('port', { port }), { code: 'GY503', message });
    await assert.rejects(start('port', { uiPort: port }), { code: 'GY503', message });
  });

  it('in a data folder with the database of another version is one clear error', async () => {
    mkdirSync(join(scratch, 'version'));
    writeFileSync(join(scratch, 'version/temporal-1.29.1.db'), '');
    await assert.rejects(start('version'), {
      code: 'GY506',
      message: new RegExp(`temporal-1\\.29\\.1\\.db is of Temporal server 1\\.29\\.1, but this server is ${binary.serverVersion}$`),
    });
  });

  it('with a damaged database is one clear error, and nothing is left running', async () => {
    mkdirSync(join(scratch, 'damaged'));
    writeFileSync(join(scratch, `damaged/temporal-${binary.serverVersion}.db`), 'not a database, but long enough to look at'.repeat(100));
    await assert.rejects(start('damaged'), {
      code: 'GY507',
      message: /^the Temporal database .* is damaged: Error: .*file is not a database \(26\)$/,
    });
  });

  it('in a data folder that cannot be written to is one clear error', async () => {
    writeFileSync(join(scratch, 'file'), '');
    await assert.rejects(start('file/data'), { code: 'GY504', message: /cannot be written to: ENOTDIR$/ });
  });

  it('that cannot be executed is one clear error', async () => {
    const absent = { ...binary, path: join(scratch, 'absent') };
    const options = { binary: absent, ...config, dataFolder: join(scratch, 'no-program'), log: silentLog, env: testEnvironment };
    await assert.rejects(startEmbedded(options), { code: 'GY507', message: /did not start: spawn .*absent ENOENT$/ });
  });
});

describe('ports for the embedded server', () => {
  it('are the configured ones, else the last ones while they are free, else free ones', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    t.after(() => holder.close());
    await once(holder, 'listening');
    const taken = (holder.address() as AddressInfo).port;
    const free = await freePort();
    assert.deepEqual(await choosePorts({ frontend: taken, ui: free }, null), { frontend: taken, ui: free });
    const { frontend, ui } = await choosePorts({ frontend: 0, ui: 0 }, { frontend: taken, ui: free });
    assert.equal(ui, free);
    assert.ok(![taken, free].includes(frontend) && (await isPortFree(frontend)));
    assert.notEqual((await choosePorts({ frontend: 0, ui: free }, { frontend: free, ui: 1 })).frontend, free);
  });
});

describe('what the server wrote before it ended', () => {
  const told = (words: string): string => {
    const { code, message } = startFailure({ dataFolder: '/data', database: '/data/temporal-1.db', words, how: 'exit code 1' });
    return `${code} ${message}`;
  };

  it('becomes one line with the code that fits', () => {
    assert.equal(
      told("Error: can't set UI port 80: listen tcp 127.0.0.1:80: bind: permission denied"),
      'GY503 the port 80 on 127.0.0.1, meant for the Temporal server, is not to be had: permission denied',
    );
    assert.equal(
      told("Error: can't set UI port 80: listen tcp 127.0.0.1:80: bind: address already in use"),
      'GY503 the port 80 on 127.0.0.1, meant for the Temporal server, is taken',
    );
    assert.match(
      told('Error: failed starting server: unable to open database file'),
      /^GY504 the data folder \/data cannot be written to: Error: .*database file$/,
    );
    assert.equal(told(''), 'GY507 the Temporal server did not start: exit code 1');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
