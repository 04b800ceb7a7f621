import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makePhantom, readFileFacts, sendFiles } from '../../engine/dicom/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import type { InstanceSet } from '../../engine/plugin/index.ts';
import { plugins } from '../../plugins/index.ts';
import { MemoryEngine, openTerms } from '../dicom/memory-engine.ts';
import { activity, callOf, openParts } from './engine-parts.ts';

describe('from a job to a real peer', () => {
  it('goes what the job made, byte for byte, over retries that send only what has not arrived', async (test) => {
    const { parts, receive, dataFolder } = await openParts(test, { registry: createRegistry(plugins), readFileFacts, sendFiles });
    const site = join(dataFolder, 'site');
    await mkdir(site);
    const { files } = await makePhantom({ folder: join(site, 'study'), slices: 3, size: 16 });

    const pacs = new MemoryEngine();
    let refusals = 0;
    const { receiver, port } = await pacs.receive({
      policy: {
        ...pacs.policy,
        admit: () => (refusals === 0 ? { result: 2, source: 3, reason: 2, why: 'local limit exceeded' } : openTerms),
        // The second time it has room for one instance only.
        instance: (incoming) => (refusals === 1 && pacs.stored.length > 0 ? { status: 0xa700, comment: 'disk full' } : pacs.sink(incoming)),
      },
    });
    test.after(() => receiver.stop());

    const copy = `const fs = require('node:fs'); fs.cpSync('study', process.env.GANTRY_OUTPUT, { recursive: true })`;
    const config = {
      ...parts.config,
      folder: site,
      jobs: { copy: { backend: 'process', options: { command: ['node', '-e', copy] } } },
      dicom: { ...parts.config.dicom, destinations: { PACS: { aeTitle: 'PACS', host: '127.0.0.1', port } } },
    };
    const group = await receive('1.1');
    const { instances } = await activity({ ...parts, config }, 'job/submit').run<{ instances: InstanceSet }>(
      callOf('step', group, { step: 'copy', options: { job: 'copy' } }),
    );
    assert.equal(instances.count, 3);

    const send = (attempt: number): Promise<object> =>
      activity({ ...parts, config }, 'dicom/export').run(
        callOf('step', group, { step: 'to-pacs', attempt, options: { instances, destinations: ['PACS'], associations: 1 } }),
      );
    await assert.rejects(send(1), { type: 'AssociationRejected', message: /^PACS: .*2\/3\/2/ });
    refusals = 1;
    await assert.rejects(send(2), { type: 'TooManyFailures', message: /^PACS: 2 of 3 instances did not arrive, more than 50%: 2 x A700/ });
    assert.equal(pacs.stored.length, 1);
    refusals = 2;
    assert.deepEqual(await send(3), {
      delivered: 3,
      failed: 0,
      warnings: 0,
      destinations: { PACS: { delivered: 3, warnings: 0, failed: {} } },
    });

    assert.deepEqual(
      pacs.stored.map(({ sopInstanceUid }) => sopInstanceUid).sort(),
      files.map(({ sopInstanceUid }) => sopInstanceUid).sort(),
    );
    for (const { sopInstanceUid, path } of files) {
      const sent = await readFile(path);
      const { datasetOffset } = await readFileFacts(path);
      assert.deepEqual(pacs.stored.find((instance) => instance.sopInstanceUid === sopInstanceUid)?.data, sent.subarray(datasetOffset));
    }
  });
});
