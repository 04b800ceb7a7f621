import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { AssociationPlaces, type Place } from '../../engine/dicom/association-places.ts';

describe('places for associations', () => {
  it('are as many as there are, and come back once', () => {
    const places = new AssociationPlaces(2);
    const [first, second] = [places.take(), places.take()];
    assert.ok(first !== null && second !== null);
    assert.equal(places.take(), null);
    first.giveBack();
    first.giveBack();
    assert.equal(places.taken, 1);
    assert.notEqual(places.take(), null);
    assert.equal(places.take(), null);
  });

  it('count names exactly as a list of all open associations would, whatever comes and goes', () => {
    const limits = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), most: fc.integer({ min: 1, max: 3 }) }), {
      maxLength: 3,
      selector: ({ name }) => name,
    });
    const step = fc.oneof(limits, fc.nat({ max: 9 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const places = new AssociationPlaces(6);
        const open: { readonly place: Place; readonly names: readonly string[] }[] = [];
        for (const what of steps) {
          if (typeof what === 'number') {
            open.splice(what, 1)[0]?.place.giveBack();
          } else {
            const place = places.take();
            assert.equal(place === null, open.length >= 6);
            if (place === null) continue;
            const fits = what.every(({ name, most }) => open.filter(({ names }) => names.includes(name)).length < most);
            assert.equal(place.share(what), fits);
            if (fits) open.push({ place, names: what.map(({ name }) => name) });
            else place.giveBack();
          }
          assert.equal(places.taken, open.length);
        }
      }),
    );
  });

  it('are the same for all threads that share their memory, and no count is lost', async () => {
    const places = new AssociationPlaces(8);
    const source = new URL('../../engine/dicom/association-places.ts', import.meta.url).href;
    const code = `
      import { workerData, parentPort } from 'node:worker_threads';
      import { AssociationPlaces } from ${JSON.stringify(source)};
      const places = new AssociationPlaces(8, workerData);
      let got = 0;
      for (let n = 0; n < 20_000; n += 1) {
        const place = places.take();
        if (place === null) continue;
        if (place.share([{ name: 'peer 10.0.0.1', most: 1 }])) got += 1;
        place.giveBack();
      }
      parentPort.postMessage(got);
    `;
    const threads = Array.from(
      { length: 3 },
      () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: places.memory }),
    );
    const got = await Promise.all(threads.map((thread) => new Promise<number>((resolve) => thread.once('message', resolve))));
    assert.ok(got.every((count) => count > 0));
    assert.equal(places.taken, 0);
    const place = places.take();
    assert.equal(place?.share([{ name: 'peer 10.0.0.1', most: 1 }]), true, 'every share was given back');
  });
});
