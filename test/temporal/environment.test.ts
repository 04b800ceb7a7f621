import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { connectionOptionsFor } from '../../engine/temporal/connect.ts';
import { existingServer } from '../../engine/temporal/environment.ts';

const scratch = mkdtempSync(join(tmpdir(), 'gantry-environment-'));
after(() => rmSync(scratch, { recursive: true }));

const profiles = join(scratch, 'temporal.toml');
writeFileSync(
  profiles,
  '[profile.default]\naddress = "default.example:7233"\n[profile.site]\naddress = "site.example"\nnamespace = "imaging"\napi_key = "secret"\n',
);

writeFileSync(join(scratch, 'empty.toml'), '');

describe("the SDK's environment configuration", () => {
  it('names no server where nothing is set', async () => {
    assert.equal(await existingServer({ TEMPORAL_CONFIG_FILE: '/absent.toml' }), null);
    assert.equal(await existingServer({ HOME: scratch, TEMPORAL_NAMESPACE: 'imaging' }), null);
  });

  it('names one by TEMPORAL_ADDRESS, with the default port where it has none', async () => {
    const env = { TEMPORAL_CONFIG_FILE: '/absent.toml', TEMPORAL_ADDRESS: 'temporal.example', TEMPORAL_NAMESPACE: 'imaging' };
    assert.deepEqual(await existingServer(env), { namespace: 'imaging', connectionOptions: { address: 'temporal.example:7233' } });
  });

  it('names one by a profile, with its API key over TLS', async () => {
    const existing = await existingServer({ TEMPORAL_CONFIG_FILE: profiles, TEMPORAL_PROFILE: 'site' });
    assert.equal(existing?.namespace, 'imaging');
    assert.deepEqual(existing?.connectionOptions, { address: 'site.example:7233', apiKey: 'secret', tls: true });
  });

  it('lends its credentials only to the server it names', async () => {
    const env = { TEMPORAL_CONFIG_FILE: profiles, TEMPORAL_PROFILE: 'site' };
    assert.equal((await connectionOptionsFor('site.example:7233', env)).apiKey, 'secret');
    assert.deepEqual(await connectionOptionsFor('127.0.0.1:7233', env), { address: '127.0.0.1:7233' });
  });

  it('that cannot be read is one clear error', async () => {
    await assert.rejects(existingServer({ TEMPORAL_CONFIG_FILE: join(scratch, 'empty.toml') }), {
      code: 'GY511',
      message: /holds no \[profile/,
    });
    await assert.rejects(existingServer({ TEMPORAL_CONFIG_FILE: profiles, TEMPORAL_PROFILE: 'absent' }), {
      code: 'GY511',
      message: /absent/,
    });
    await assert.rejects(
      existingServer({ TEMPORAL_CONFIG_FILE: '/absent.toml', TEMPORAL_ADDRESS: 'a:1', TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/absent.pem' }),
      {
        code: 'GY511',
        message: /absent\.pem/,
      },
    );
  });
});
