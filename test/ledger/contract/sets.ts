import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceFile } from '../../../engine/plugin/index.ts';
import { close, groupOf, instance, keep, type OpenLedger, take, wantedBy } from './fixture.ts';

const artifact = (n: number): InstanceFile => ({
  sopInstanceUid: `2.25.${n}`,
  sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: null,
  sizeBytes: 100 * n,
  path: `2025-01-01/bb/artifact-${n}.dcm`,
});

export function setsContract(open: OpenLedger): void {
  describe('a set', () => {
    it('of a group is its files, in the order in which they came', async (test) => {
      const ledger = await open(test);
      const sent = [instance({ sizeBytes: 3 }), instance({ sizeBytes: 4 })];
      for (const one of sent) await ledger.route([wantedBy((await ledger.record(one, keep)).sequence, ['lung'])]);
      await take(ledger, ['heart']);
      const set = await ledger.groupSet(await groupOf(ledger, 'lung'));
      assert.deepEqual([set.count, set.sizeBytes], [2, 7]);
      assert.deepEqual(
        await ledger.files(set.set),
        sent.map(({ sopInstanceUid, sopClassUid, transferSyntaxUid, studyInstanceUid, seriesInstanceUid, sizeBytes, path }) => ({
          sopInstanceUid,
          sopClassUid,
          transferSyntaxUid,
          studyInstanceUid,
          seriesInstanceUid,
          sizeBytes,
          path,
        })),
      );
    });

    it('of artifacts is what a step made, each time another', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      const set = await ledger.addArtifacts(group, [artifact(1), artifact(2)]);
      const empty = await ledger.addArtifacts(group, []);
      assert.deepEqual([set.count, set.sizeBytes], [2, 300]);
      assert.deepEqual([empty.count, empty.sizeBytes], [0, 0]);
      assert.notEqual(set.set, empty.set);
      assert.deepEqual(await ledger.files(set.set), [artifact(1), artifact(2)]);
      assert.deepEqual(await ledger.files(empty.set), []);
      const known = await ledger.knownPaths();
      assert.ok(known.has(artifact(1).path) && known.has(artifact(2).path));
    });

    it('of artifacts lives as long as the claims of its group, retention included', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await ledger.addArtifacts(group, [artifact(3)]);
      const artifacts = async (): Promise<readonly string[]> =>
        (await ledger.reclaimable(10)).filter(({ kind }) => kind === 'artifact').map(({ path }) => path);
      await close(ledger, group);
      await ledger.settleGroup(group, 1_000, 'failed');
      assert.deepEqual(await artifacts(), []);
      await ledger.expireRetained(1_000);
      assert.deepEqual(await artifacts(), [artifact(3).path]);
      await ledger.reclaimed(await ledger.reclaimable(10));
      assert.deepEqual(await ledger.reclaimable(10), []);
      assert.equal((await ledger.knownPaths()).size, 0);
    });

    it('is not added to a settled group, which would never release it', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await ledger.settleGroup(group, null, 'done');
      await assert.rejects(ledger.addArtifacts(group, [artifact(4)]), { code: 'GY417' });
      assert.equal((await ledger.knownPaths()).has(artifact(4).path), false);
    });

    it('whose file is lost says so in the story of its group', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung'], { sopInstanceUid: '1.5' });
      const group = await groupOf(ledger, 'lung');
      await ledger.addArtifacts(group, [artifact(5)]);
      await ledger.lost(artifact(5).path);
      await ledger.lost(artifact(5).path);
      assert.equal((await ledger.explain('1.5')).filter(({ what }) => what === 'lost').length, 1);
      await ledger.settleGroup(group, null, 'done');
      assert.equal((await ledger.reclaimable(10)).length, 2);
    });
  });
}
