import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { leastProgressBytes, PeerPace } from '../../engine/dicom/peer-pace.ts';
import { Watchdog } from '../../engine/dicom/watchdog.ts';
import { until } from './memory-engine.ts';

const limits = { progressMs: 1_000, messageMs: 60_000 };
/** Pieces of a message: how much, and after how long. */
const pieces = fc.array(fc.record({ bytes: fc.nat(3 * leastProgressBytes), after: fc.nat(1_500) }), { maxLength: 40 });

describe('the time of a peer inside a message', () => {
  it('begins with the message, and is given anew for each kilobyte', () => {
    const pace = new PeerPace(limits);
    assert.equal(pace.deadline(500), 1_500);
    pace.took(leastProgressBytes - 1);
    assert.equal(pace.deadline(900), 1_500);
    pace.took(1);
    assert.equal(pace.deadline(1_400), 2_400);
    assert.equal(pace.deadline(1_401), 2_400, 'the kilobyte counts once');
  });

  it('is over where a window brings less, however many pieces that comes in', () => {
    const pace = new PeerPace(limits);
    let deadline = pace.deadline(0);
    for (let now = 10; now < deadline; now += 10) {
      pace.took(10);
      deadline = pace.deadline(now);
    }
    assert.equal(deadline, 1_000);
  });

  it('is over after the time for a message, however fast it comes', () => {
    const pace = new PeerPace(limits);
    let deadline = pace.deadline(0);
    for (let now = 1; now < deadline; now += 100) {
      pace.took(1_000_000);
      deadline = pace.deadline(now);
    }
    assert.equal(deadline, 60_000);
  });

  it('is all there again for the next message', () => {
    const pace = new PeerPace(limits);
    pace.deadline(0);
    pace.took(leastProgressBytes);
    pace.end();
    assert.equal(pace.deadline(59_900), 60_900);
    assert.equal(pace.deadline(60_000), 60_900, 'what came before does not count');
  });

  it('is enough for any peer that brings a kilobyte in each window, and for no other', () => {
    fc.assert(
      fc.property(pieces, (sequence) => {
        const pace = new PeerPace({ progressMs: 1_000, messageMs: Number.POSITIVE_INFINITY });
        let now = 0;
        let window = 0;
        let inWindow = 0;
        let deadline = pace.deadline(now);
        for (const { bytes, after } of sequence) {
          now += after;
          assert.equal(now > deadline, now - window > 1_000);
          if (now > deadline) return;
          pace.took(bytes);
          inWindow += bytes;
          deadline = pace.deadline(now);
          if (inWindow < leastProgressBytes) continue;
          inWindow = 0;
          window = now;
        }
      }),
    );
  });
});

describe('a watchdog', () => {
  it('barks once, at the deadline that it was given last', async () => {
    let barks = 0;
    const dog = new Watchdog(() => {
      barks += 1;
    });
    const begun = performance.now();
    for (let put = 1; put <= 20; put += 1) {
      dog.until(begun + put * 10 + 100);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(barks, 0);
    await until(() => barks > 0, 'it barks');
    assert.ok(performance.now() >= begun + 300);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(barks, 1);
  });

  it('barks earlier where the deadline was put forward, and not where it rests or is stopped', async () => {
    const barks: string[] = [];
    const dogs = ['forward', 'resting', 'stopped'].map((name) => new Watchdog(() => void barks.push(name)));
    for (const dog of dogs) dog.until(performance.now() + (dog === dogs[0] ? 60_000 : 50));
    dogs[0]?.until(performance.now() + 100);
    dogs[1]?.rest();
    dogs[2]?.stop();
    await until(() => barks.length > 0, 'one barks');
    assert.deepEqual(barks, ['forward']);
  });
});
