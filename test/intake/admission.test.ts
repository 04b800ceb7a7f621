import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from '../../engine/intake/admission.ts';

const proposal = { callingAeTitle: 'CT1', calledAeTitle: 'LUNG', peer: '10.1.2.3', storage: true };
const rules = {
  rejectUnknownSources: true,
  sources: [{ aeTitle: 'CT1', host: '10.1.2.3' }],
  calledAeTitles: new Set(['LUNG']),
  spaceOpen: true,
};
const code = async (...args: Parameters<typeof judge>): Promise<string | null> => {
  const rejection = await judge(...args);
  return rejection === null ? null : `${rejection.result}/${rejection.source}/${rejection.reason}`;
};

describe('admission of associations', () => {
  it('accepts a known source that calls a title of ours', async () => {
    assert.equal(await code(proposal, rules), null);
  });

  it('rejects an unknown calling AE title, and a known one from another host, with 1/1/3', async () => {
    assert.equal(await code({ ...proposal, callingAeTitle: 'CT2' }, rules), '1/1/3');
    assert.equal(await code({ ...proposal, peer: '10.1.2.4' }, rules), '1/1/3');
    assert.equal(await code({ ...proposal, callingAeTitle: 'ct1' }, rules), '1/1/3', 'AE titles are compared as they are');
  });

  it('rejects an unknown called AE title with 1/1/7', async () => {
    assert.equal(await code({ ...proposal, calledAeTitle: 'LIVER' }, rules), '1/1/7');
  });

  it('judges the calling title before the called one', async () => {
    assert.equal(await code({ ...proposal, callingAeTitle: 'CT2', calledAeTitle: 'LIVER' }, rules), '1/1/3');
  });

  it('rejects storage as transient (2/3/1) while space is short, and still lets echo in', async () => {
    assert.equal(await code(proposal, { ...rules, spaceOpen: false }), '2/3/1');
    assert.equal(await code({ ...proposal, storage: false }, { ...rules, spaceOpen: false }), null);
  });

  it('takes any source where unknown ones are allowed', async () => {
    assert.equal(await code({ ...proposal, callingAeTitle: 'WHO' }, { ...rules, rejectUnknownSources: false, sources: [] }), null);
  });

  it('knows a source by name, and an IPv4 peer on a dual-stack socket', async () => {
    const named = { ...rules, sources: [{ aeTitle: 'CT1', host: 'ct1.hospital' }] };
    const resolve = (host: string) => Promise.resolve(host === 'ct1.hospital' ? ['10.9.9.9', '10.1.2.3'] : []);
    assert.equal(await code({ ...proposal, peer: '::ffff:10.1.2.3' }, named, resolve), null);
    assert.equal(await code({ ...proposal, peer: '10.1.2.4' }, named, resolve), '1/1/3');
  });
});
