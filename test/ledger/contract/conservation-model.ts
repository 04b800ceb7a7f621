import assert from 'node:assert/strict';
import type { InstanceState, RecordOutcome } from '../../../engine/ledger/index.ts';

interface Instance {
  readonly sequence: number;
  readonly uid: number;
  readonly bytes: number;
  routed: boolean;
  undecided: boolean;
  deleted: boolean;
}

interface Group {
  readonly workflow: string;
  readonly members: Set<Instance>;
  id: number | undefined;
  state: 'collecting' | 'closed' | 'retained' | 'released';
}

interface Standing {
  readonly sequence: number;
  readonly state: InstanceState;
  readonly unrouted: boolean;
  readonly due: boolean;
  readonly onDisk: boolean;
  readonly claims: readonly string[];
}

const claimStates = { collecting: 'open', closed: 'held', retained: 'retained', released: 'released' } as const;

/** The ledger's rules for one called AE title and one key, told as plainly as can be: sets of instances, nothing derived is stored. */
export class ConservationModel {
  readonly #instances: Instance[] = [];
  readonly #groups: Group[] = [];

  knows(sequence: number): boolean {
    return this.#instances.some((instance) => instance.sequence === sequence);
  }

  pick(index: number): number | undefined {
    return this.#instances[index % Math.max(1, this.#instances.length)]?.sequence;
  }

  group(index: number): Group | undefined {
    return this.#groups[index % Math.max(1, this.#groups.length)];
  }

  collecting(workflow: string): Group | undefined {
    return this.#groups.find((group) => group.workflow === workflow && group.state === 'collecting');
  }

  name(workflow: string, id: number): void {
    const group = this.collecting(workflow);
    if (group !== undefined) group.id = id;
  }

  /** Of the instance that is held under a UID. */
  bytesHeld(uid: number): number | undefined {
    return this.#heldUnder(uid)?.bytes;
  }

  record(sequence: number, uid: number, bytes: number, overwrite: boolean): RecordOutcome {
    const earlier = this.#heldUnder(uid);
    if (earlier !== undefined && earlier.bytes === bytes) return 'duplicate';
    if (earlier !== undefined && !overwrite) return 'kept-first';
    const added: Instance = { sequence, uid, bytes, routed: false, undecided: false, deleted: false };
    this.#instances.push(added);
    if (earlier === undefined) return 'recorded';

    const open = this.#groups.filter(({ state, members }) => state === 'collecting' && members.has(earlier));
    for (const { members } of open) {
      members.delete(earlier);
      members.add(added);
    }
    const replaced = open.length > 0 || !earlier.routed;
    earlier.routed = true;
    return replaced ? 'replaced' : 'recorded';
  }

  route(sequence: number, workflows: readonly string[], undecided: boolean): void {
    const instance = this.#instances.find((one) => one.sequence === sequence);
    if (instance === undefined || instance.routed) return;
    instance.routed = true;
    instance.undecided = undecided && workflows.length === 0;
    for (const workflow of workflows) {
      if (this.#groups.some((group) => group.workflow === workflow && group.members.has(instance))) continue;
      const group = this.collecting(workflow) ?? { workflow, members: new Set(), id: undefined, state: 'collecting' };
      if (!this.#groups.includes(group)) this.#groups.push(group);
      group.members.add(instance);
    }
  }

  close(workflow: string): void {
    const group = this.collecting(workflow);
    if (group !== undefined) group.state = 'closed';
  }

  settle(group: Group, retain: boolean): void {
    if (group.state === 'collecting' || group.state === 'closed') group.state = retain ? 'retained' : 'released';
  }

  expire(): void {
    for (const group of this.#groups) if (group.state === 'retained') group.state = 'released';
  }

  reclaim(sequences: readonly number[]): void {
    for (const instance of this.#instances) {
      if (!sequences.includes(instance.sequence)) continue;
      assert.ok(
        instance.routed && !instance.undecided && this.#claims(instance).every(({ state }) => state === 'released'),
        'a file is deleted that something claims',
      );
      instance.deleted = true;
    }
  }

  standing(): Standing[] {
    return this.#instances.map((instance) => {
      const { sequence, routed, deleted } = instance;
      const claims = this.#claims(instance);
      const isRetained = instance.undecided || claims.some(({ state }) => state === 'retained');
      const due = routed && !this.#isHeld(instance) && !isRetained && !deleted;
      const state = !routed || this.#isHeld(instance) ? 'held' : isRetained || due ? 'retained' : 'reclaimed';
      return {
        sequence,
        state,
        unrouted: !routed,
        due,
        onDisk: !deleted,
        claims: claims.map((group) => `${group.workflow} ${claimStates[group.state]}`).sort(),
      };
    });
  }

  #heldUnder(uid: number): Instance | undefined {
    return this.#instances.findLast((instance) => instance.uid === uid && (!instance.routed || this.#isHeld(instance)));
  }

  #claims(instance: Instance): Group[] {
    return this.#groups.filter(({ members }) => members.has(instance));
  }

  #isHeld(instance: Instance): boolean {
    return this.#claims(instance).some(({ state }) => state === 'collecting' || state === 'closed');
  }
}
