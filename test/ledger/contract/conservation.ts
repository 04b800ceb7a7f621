import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Ledger } from '../../../engine/ledger/index.ts';
import { ConservationModel } from './conservation-model.ts';
import { instance, type OpenLedger, recordComparing } from './fixture.ts';

const workflows = ['lung', 'heart'] as const;

type Operation =
  | { readonly do: 'record'; readonly uid: number; readonly bytes: number; readonly overwriteSameInstance: boolean }
  | { readonly do: 'route'; readonly pick: number; readonly workflows: readonly string[]; readonly undecided: boolean }
  | { readonly do: 'close'; readonly workflow: string }
  | { readonly do: 'settle'; readonly pick: number; readonly retain: boolean }
  | { readonly do: 'expire' }
  | { readonly do: 'reclaim' };

const natural = fc.nat({ max: 20 });
const record = fc.record({
  do: fc.constant('record'),
  uid: fc.nat({ max: 2 }),
  bytes: fc.nat({ max: 1 }),
  overwriteSameInstance: fc.boolean(),
});
const route = fc.record({ do: fc.constant('route'), pick: natural, workflows: fc.subarray([...workflows]), undecided: fc.boolean() });
const operation = fc.oneof<[fc.Arbitrary<Operation>, ...fc.WeightedArbitrary<Operation>[]]>(
  record as fc.Arbitrary<Operation>,
  { weight: 3, arbitrary: record as fc.Arbitrary<Operation> },
  { weight: 3, arbitrary: route as fc.Arbitrary<Operation> },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), workflow: fc.constantFrom(...workflows) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), pick: natural, retain: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'expire' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reclaim' as const }) },
);

/** Does one operation to the ledger and to the model. */
async function apply(ledger: Ledger, model: ConservationModel, calledAeTitle: string, op: Operation): Promise<void> {
  switch (op.do) {
    case 'record': {
      const given = instance({ calledAeTitle, sopInstanceUid: `${calledAeTitle}.${op.uid}` });
      const earlier = `${model.bytesHeld(op.uid)}`;
      const { outcome, sequence } = await recordComparing(ledger, given, op, { bytes: `${op.bytes}`, earlier });
      assert.equal(outcome, model.record(sequence, op.uid, op.bytes, op.overwriteSameInstance));
      return;
    }
    case 'route': {
      const sequence = model.pick(op.pick);
      if (sequence === undefined) return;
      const claims = op.workflows.map((workflow) => ({
        workflow,
        key: 'k',
        workflowId: `${workflow}/${calledAeTitle}/k`,
        definition: 'h',
      }));
      await ledger.route([{ sequence, claims, why: 'chance', undecided: op.undecided }]);
      model.route(sequence, op.workflows, op.undecided);
      for (const { id, workflow, state, calledAeTitle: called } of await ledger.openGroups())
        if (state === 'collecting' && called === calledAeTitle) model.name(workflow, id);
      return;
    }
    case 'close': {
      const id = model.collecting(op.workflow)?.id;
      if (id === undefined) return;
      await ledger.takeGroup(id, 'run');
      const { seen } = await ledger.observeGroup(id, 0);
      assert.equal(await ledger.closeGroup(id, 'run', seen), true);
      model.close(op.workflow);
      return;
    }
    case 'settle': {
      const group = model.group(op.pick);
      if (group?.id === undefined) return;
      await ledger.settleGroup(group.id, op.retain ? 1 : null, 'chance');
      model.settle(group, op.retain);
      return;
    }
    case 'expire':
      await ledger.expireRetained(1);
      return model.expire();
    case 'reclaim': {
      const mine = (await ledger.reclaimable(1_000)).filter(({ kind, id }) => kind === 'instance' && model.knows(id));
      await ledger.reclaimed(mine);
      return model.reclaim(mine.map(({ id }) => id));
    }
  }
}

/** What the ledger says of every instance of one AE title, in the words of the model. */
async function seen(ledger: Ledger, model: ConservationModel, calledAeTitle: string): Promise<ReturnType<ConservationModel['standing']>> {
  const rows = await ledger.instances({ calledAeTitle });
  const mine = (sequences: readonly number[]): ReadonlySet<number> => new Set(sequences.filter((sequence) => model.knows(sequence)));
  const unrouted = mine((await ledger.unrouted(1_000)).map(({ sequence }) => sequence));
  const due = mine((await ledger.reclaimable(1_000)).map(({ id }) => id));
  const known = await ledger.knownPaths();
  return rows.map(({ sequence, state, claims, path }) => ({
    sequence,
    state,
    unrouted: unrouted.has(sequence),
    due: due.has(sequence),
    onDisk: known.has(path),
    claims: claims.map((claim) => `${claim.workflow} ${claim.state}`).sort(),
  }));
}

export function conservationContract(open: OpenLedger): void {
  describe('whatever happens', () => {
    it('every instance is unrouted, claimed, or reclaimed, and no file goes that something claims', async (test) => {
      const ledger = await open(test);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 30, size: 'max' }), async (operations) => {
          const calledAeTitle = `AE${++run}`;
          const model = new ConservationModel();
          for (const op of operations) {
            await apply(ledger, model, calledAeTitle, op);
            assert.deepEqual(await seen(ledger, model, calledAeTitle), model.standing());
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}
