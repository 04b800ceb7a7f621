import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../engine/log/index.ts';
import { lazyConnection } from '../../engine/temporal/connect.ts';
import { findTemporal, openTemporal } from '../../engine/temporal/index.ts';
import { choosePorts } from '../../engine/temporal/ports.ts';
import { endProcess, type ServerProcess, spawnServer } from '../../engine/temporal/server-process.ts';
import { waitUntilReady } from '../../engine/temporal/wait-until-ready.ts';
import { searchAttributes } from '../../engine/workflow/contract.ts';
import { makeScratch, removeScratch, testBinary, testEnvironment } from './test-binary.ts';

const scratch = makeScratch();
let address: string;
let server: ServerProcess;

/** A server that Gantry knows nothing of: in memory, without its search attributes. */
before(async () => {
  const { path } = await testBinary();
  const ports = await choosePorts({ frontend: 0, ui: 0 }, null);
  const namespaces = ['imaging', 'full', 'clash'].flatMap((name) => ['--namespace', name]);
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.frontend), '--headless', ...namespaces];
  server = spawnServer({ path, args, cwd: scratch, logFile: join(scratch, 'server.log'), env: testEnvironment });
  address = `127.0.0.1:${ports.frontend}`;
  const connection = await lazyConnection({ address });
  for (const namespace of ['imaging', 'full', 'clash']) assert.ok(await waitUntilReady(connection, namespace, AbortSignal.timeout(20_000)));
  const keyword = 2;
  const keywords = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`Site${index}`, keyword]));
  await connection.operatorService.addSearchAttributes({ namespace: 'full', searchAttributes: keywords });
  await connection.operatorService.addSearchAttributes({ namespace: 'clash', searchAttributes: { GantryParked: keyword } });
  await connection.close();
});
after(async () => {
  if (server?.pid) await endProcess(server.pid);
  removeScratch(scratch);
});

const open = (namespace: string, more: NodeJS.ProcessEnv = {}) =>
  openTemporal({
    config: { port: 0, uiPort: 0, namespace: 'default' },
    dataFolder: join(scratch, 'data'),
    log: silentLog,
    env: { ...testEnvironment, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, ...more },
  });

describe('an existing Temporal server', { concurrency: true }, () => {
  it('is used without any program, gets the search attributes that it lacks, and is left running', async () => {
    const temporal = await open('imaging', { PATH: '', GANTRY_CACHE: join(scratch, 'no-cache') });
    assert.equal(temporal.namespace, 'imaging');
    assert.deepEqual(
      { ...temporal.server, version: '', stop: null },
      {
        ...{ address, namespace: 'imaging', uiUrl: null, embedded: false, pid: null, version: '', stop: null },
      },
    );
    assert.deepEqual(temporal.connectionOptions, { address });
    const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({ namespace: 'imaging' });
    assert.deepEqual(Object.keys(customAttributes ?? {}).sort(), Object.keys(searchAttributes).sort());
    await temporal.server.stop();
    await temporal.close();
    await (await open('imaging')).close();
  });

  it('is used in the namespace of the configuration where the environment names none', async () => {
    const temporal = await open('');
    assert.equal(temporal.namespace, 'default');
    await temporal.close();
  });

  it('without the namespace is one clear error', async () => {
    await assert.rejects(open('absent'), { code: 'GY510', message: `the Temporal server at ${address} has no namespace absent` });
  });

  it('whose limit of search attributes is reached is one clear error, with the command that helps', async () => {
    await assert.rejects(open('full'), {
      code: 'GY509',
      message: /cannot have more than 10 search attribute of type Keyword/,
      mend: /search-attribute create .*--name GantryStage --type Keyword/,
    });
  });

  it('that has a search attribute of ours as another type is one clear error', async () => {
    await assert.rejects(open('clash'), { code: 'GY509', message: /GantryParked is there already, but not as Bool$/ });
  });

  it('is told of without a change to it', async () => {
    const told = await findTemporal({ ...testEnvironment, TEMPORAL_ADDRESS: address }, silentLog);
    assert.match(told, new RegExp(`^existing server 1\\.\\d+\\.\\d+ at ${address}$`));
  });

  it('that does not answer is one clear error', async () => {
    await assert.rejects(open('default', { TEMPORAL_ADDRESS: '127.0.0.1:9' }), {
      code: 'GY508',
      message: /^no Temporal server answers at 127\.0\.0\.1:9: /,
    });
  });
});
