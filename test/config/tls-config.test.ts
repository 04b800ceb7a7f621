import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadConfig } from '../../engine/config/index.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-config-'));
});
after(() => rm(folder, { recursive: true }));

async function load(text: string) {
  const file = join(folder, 'gantry.yaml');
  await writeFile(file, text);
  const { config, diagnostics } = await loadConfig(file);
  return { dicom: config?.dicom, problems: diagnostics.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`) };
}

describe('TLS in the configuration', () => {
  it('has its files from the folder of the configuration, and the port registered for it', async () => {
    const { dicom } = await load('dicom: { tls: { certificate: tls/server.crt, key: /etc/gantry/server.key } }');
    assert.deepEqual(dicom?.tls, {
      port: 2762,
      only: false,
      certificate: join(folder, 'tls/server.crt'),
      key: '/etc/gantry/server.key',
      clientCa: null,
    });
    const strict = await load('dicom: { tls: { port: 104, only: true, certificate: a, key: b, clientCa: ca.crt } }');
    assert.deepEqual([strict.dicom?.tls?.port, strict.dicom?.tls?.only, strict.dicom?.tls?.clientCa], [104, true, join(folder, 'ca.crt')]);
  });

  it('is off where it is left out', async () => {
    const { dicom } = await load('dicom: { destinations: { PACS: { aeTitle: PACS, host: pacs, port: 104 } } }');
    assert.equal(dicom?.tls, null);
    assert.deepEqual(dicom?.destinations.PACS, { aeTitle: 'PACS', host: 'pacs', port: 104 });
  });

  it('can be asked for by destination, with as much or little as it needs', async () => {
    const peer = 'aeTitle: PACS, host: pacs, port: 2762';
    const { dicom } = await load(
      `dicom:\n  destinations:\n    OPEN: { ${peer}, tls: {} }\n    MUTUAL: { ${peer}, tls: { ca: ca.crt, certificate: us.crt, key: us.key, serverName: pacs.example } }\n`,
    );
    const at = (name: string): string => join(folder, name);
    assert.deepEqual(dicom?.destinations.OPEN?.tls, { ca: null, certificate: null, key: null, serverName: null });
    assert.deepEqual(dicom?.destinations.MUTUAL?.tls, {
      ca: at('ca.crt'),
      certificate: at('us.crt'),
      key: at('us.key'),
      serverName: 'pacs.example',
    });
  });

  it('is refused where half of it is missing', async () => {
    const { problems } = await load(
      'dicom:\n  tls: { certificate: a, kee: b }\n  destinations:\n    PACS: { aeTitle: PACS, host: pacs, port: 104, tls: { certificate: us.crt } }\n',
    );
    assert.deepEqual(problems, [
      '2:3 GY104 missing key "key"',
      '2:26 GY103 unknown key "kee"',
      '4:56 GY105 a map must have property key when property certificate is present',
    ]);
  });
});
