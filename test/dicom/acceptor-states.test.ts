import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Receiver, ReceiverOptions, ReceiverPolicy } from '../../engine/dicom/index.ts';
import { MemoryEngine, until } from './memory-engine.ts';
import { abortRequest, associateRequest, echoPdu, pdu, RawPeer, releaseRequest } from './raw-peer.ts';
import { told } from './told.ts';

interface Cell {
  readonly state: string;
  readonly event: string;
  readonly action: string;
  readonly sent?: readonly string[];
  readonly then?: 'open' | 'deciding' | 'closed' | 'waiting';
  readonly otherwise?: string;
  readonly unreachable?: string;
}

interface Table {
  readonly states: Readonly<Record<string, string>>;
  readonly events: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
}

const table = JSON.parse(await readFile(join(import.meta.dirname, 'fixtures/acceptor-states.json'), 'utf8')) as Table;

/** The events that are PDUs. */
const incoming: Readonly<Record<string, Buffer>> = {
  Evt3: pdu(0x02, associateRequest().subarray(6)),
  Evt4: pdu(0x03, Buffer.from([0, 1, 1, 1])),
  Evt6: associateRequest(),
  Evt10: echoPdu(),
  Evt12: releaseRequest(),
  Evt13: pdu(0x06, Buffer.alloc(4)),
  Evt16: abortRequest(),
  Evt19: pdu(0x09, Buffer.alloc(4)),
};

interface Scene {
  readonly engine: MemoryEngine;
  readonly receiver: Receiver;
  readonly port: number;
  readonly peer: RawPeer;
  /** Whether the policy has been asked. */
  asked(): boolean;
  /** Lets the policy decide, where it waits. */
  decide(): void;
}

const rejection = { result: 1, source: 1, reason: 7, why: 'no such AE title' } as const;

/** A receiver and a peer that is connected to it; its policy waits in Sta3, and rejects the first association where it is to. */
async function scene(t: TestContext, state: string, options: Partial<ReceiverOptions>, rejects: boolean): Promise<Scene> {
  const engine = new MemoryEngine();
  let decide: () => void = () => {};
  let asked = 0;
  const decision = new Promise<void>((resolve) => {
    decide = resolve;
  });
  if (state !== 'Sta3') decide();
  const policy: ReceiverPolicy = {
    ...engine.policy,
    admit: async (proposal) => {
      asked += 1;
      const isFirst = asked === 1;
      await decision;
      return rejects && isFirst ? rejection : engine.policy.admit(proposal);
    },
  };
  const { receiver, port } = await engine.start(t, { policy, ...options });
  const peer = await RawPeer.connect(port, { halfOpen: state === 'Sta13' });
  return { engine, receiver, port, peer, asked: () => asked > 0, decide };
}

/** Brings the peer to a state; Sta13 by the last words that lead there. */
async function reach(state: string, { peer, asked }: Scene, lastWord: 'A-ASSOCIATE-RJ' | 'A-RELEASE-RP' | 'A-ABORT' = 'A-RELEASE-RP') {
  if (state === 'Sta1' || state === 'Sta2') return;
  peer.send(associateRequest());
  if (state === 'Sta3') return until(asked, 'the policy is asked');
  if (state === 'Sta13') {
    const ended = once(peer.socket, 'end');
    if (lastWord !== 'A-ASSOCIATE-RJ') {
      await peer.next();
      peer.send(lastWord === 'A-RELEASE-RP' ? releaseRequest() : associateRequest());
    }
    assert.match(told([(await peer.next()) ?? assert.fail('closed')])[0] ?? '', new RegExp(`^${lastWord}`));
    await ended;
    return;
  }
  assert.equal((await peer.next())?.type, 0x02);
}

/** Makes an event happen. Sta8 is reached by the A-RELEASE-RQ that goes out with it. */
function happen({ state, event }: Cell, { peer, receiver, decide }: Scene): void {
  const bytes = incoming[event];
  if (state === 'Sta8') peer.send(...(event === 'Evt9' ? [echoPdu()] : []), releaseRequest(), ...(bytes === undefined ? [] : [bytes]));
  else if (bytes !== undefined) peer.send(bytes);
  else if (event === 'Evt9') peer.send(echoPdu());
  if (event === 'Evt7' || event === 'Evt8') decide();
  if (event === 'Evt15') void receiver.stop({ graceMs: 0 });
  if (event === 'Evt17') peer.socket.end();
}

async function isOpen(state: string, { peer }: Scene): Promise<void> {
  if (state === 'Sta1') {
    peer.send(associateRequest());
    assert.equal((await peer.next())?.type, 0x02);
  }
  assert.equal(await peer.echo(), 0);
  await peer.release();
}

/** That bytes are read still, and how many: more than fit into the system's buffers. */
async function isRead({ peer }: Scene, bytes: Buffer): Promise<void> {
  const many = Buffer.concat(Array.from({ length: Math.ceil(8_000_000 / bytes.length) }, () => bytes));
  await new Promise<void>((resolve, reject) => peer.socket.write(many, (error) => (error ? reject(error) : resolve())));
}

describe('an acceptor in every state of PS3.8 Table 9-10 that it reaches', () => {
  for (const cell of table.cells) {
    const { state, event, action, sent, then, otherwise, unreachable } = cell;
    const name = `${state} (${table.states[state]}), ${event} (${table.events[event]}): ${action}`;
    if (state === 'Sta13') continue;
    if (unreachable !== undefined || sent === undefined) {
      assert.ok(unreachable, name);
      continue;
    }
    it(`${name}${otherwise === undefined ? '' : `, but ${otherwise}`}`, async (t) => {
      const timers = event === 'Evt18' ? { associateRequestMs: 50 } : {};
      const at = await scene(t, state, { timers }, event === 'Evt8');
      await reach(state, at);
      happen(cell, at);
      if (then === 'closed') {
        assert.deepEqual(told(await at.peer.rest()), sent);
      } else if (then === 'deciding') {
        await until(at.asked, 'the policy is asked');
        at.peer.socket.destroy();
      } else {
        for (const expected of sent) assert.deepEqual(told([(await at.peer.next()) ?? assert.fail('closed')]), [expected]);
        await isOpen(state, at);
      }
      at.decide();
      assert.equal(at.engine.stored.length, 0);
      if (event === 'Evt15') await until(() => at.receiver.openAssociations() === 0, 'nothing is left');
      else await at.engine.assertHealthy(at.receiver, at.port);
    });
  }

  for (const lastWord of ['A-ASSOCIATE-RJ', 'A-RELEASE-RP', 'A-ABORT'] as const)
    for (const cell of table.cells.filter(({ state }) => state === 'Sta13')) {
      const { state, event, action, sent, then, otherwise } = cell;
      const name = `${state} after our ${lastWord}, ${event} (${table.events[event]}): ${action}`;
      it(`${name}${otherwise === undefined ? '' : `, but ${otherwise}`}`, async (t) => {
        const timers = { artimMs: event === 'Evt18' ? 50 : 60_000 };
        const at = await scene(t, state, { timers }, lastWord === 'A-ASSOCIATE-RJ');
        await reach(state, at, lastWord);
        if (event === 'Evt18') {
          // Where our side has gone, the system answers what comes with a reset.
          while (!at.peer.socket.destroyed) {
            at.peer.socket.write('x');
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        } else {
          if (then === 'waiting') await isRead(at, incoming[event] ?? assert.fail(event));
          at.peer.socket.end();
        }
        assert.deepEqual(told(await at.peer.rest()), sent);
        assert.equal(at.engine.stored.length, 0);
        await at.engine.assertHealthy(at.receiver, at.port);
      });
    }
});
