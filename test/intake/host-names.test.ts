import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHostNames } from '../../engine/intake/host-names.ts';

const never = new Promise<never>(() => {});
const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

describe('names of hosts', () => {
  it('are resolved once a minute', async () => {
    let time = 0;
    let asked = 0;
    const addressesOf = createHostNames({ lookup: async () => [`10.0.0.${++asked}`], now: () => time });
    assert.deepEqual(await addressesOf('ct1'), ['10.0.0.1']);
    time = 59_999;
    assert.deepEqual(await addressesOf('ct1'), ['10.0.0.1']);
    time = 60_000;
    assert.deepEqual(await addressesOf('ct1'), ['10.0.0.2']);
  });

  it('are asked for once at a time, however many want to know', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<readonly string[]>();
    const addressesOf = createHostNames({
      lookup: () => {
        asked += 1;
        return answer.promise;
      },
    });
    const all = [addressesOf('ct1'), addressesOf('ct1'), addressesOf('ct1')];
    answer.resolve(['10.0.0.1']);
    assert.deepEqual(await Promise.all(all), [['10.0.0.1'], ['10.0.0.1'], ['10.0.0.1']]);
    assert.equal(asked, 1);
  });

  it('that are not there have no address; where the resolver fails nothing is known, and soon asked again', async () => {
    let time = 0;
    let answer: () => Promise<readonly string[]> = () => failing('ENOTFOUND');
    const addressesOf = createHostNames({ lookup: () => answer(), now: () => time });
    assert.deepEqual(await addressesOf('ct1'), []);
    answer = () => failing('EAI_AGAIN');
    assert.equal(await addressesOf('ct2'), null);
    answer = async () => ['10.0.0.1'];
    time = 4_999;
    assert.equal(await addressesOf('ct2'), null);
    time = 5_000;
    assert.deepEqual(await addressesOf('ct2'), ['10.0.0.1']);
  });

  it('that the resolver does not answer hold nobody up, and are known when it has answered after all', async () => {
    const late = Promise.withResolvers<readonly string[]>();
    const addressesOf = createHostNames({ lookup: () => late.promise, patienceMs: 20 });
    assert.equal(await addressesOf('ct1'), null);
    late.resolve(['10.0.0.1']);
    assert.deepEqual(await addressesOf('ct1'), ['10.0.0.1']);
  });

  it('that hang take two threads at most: the others are for files', async () => {
    const asked: string[] = [];
    const answers = new Map(['a', 'b', 'c', 'd'].map((name) => [name, Promise.withResolvers<readonly string[]>()]));
    const addressesOf = createHostNames({
      lookup: (name) => {
        asked.push(name);
        return answers.get(name)?.promise ?? never;
      },
      patienceMs: 20,
    });
    assert.deepEqual(await Promise.all(['a', 'b', 'c', 'd'].map(addressesOf)), [null, null, null, null]);
    assert.deepEqual(asked, ['a', 'b']);
    answers.get('b')?.resolve(['10.0.0.2']);
    assert.deepEqual(await addressesOf('b'), ['10.0.0.2']);
    await new Promise(setImmediate);
    assert.deepEqual(asked, ['a', 'b', 'c']);
  });

  it('are found by the system, those of its own too', async () => {
    assert.ok((await createHostNames()('localhost'))?.some((address) => address === '127.0.0.1' || address === '::1'));
  });
});
