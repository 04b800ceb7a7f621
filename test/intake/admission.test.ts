import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AssociationProposal } from '../../engine/dicom/index.ts';
import { type AdmissionRules, judge } from '../../engine/intake/admission.ts';
import type { CalledTitleRules } from '../../engine/intake/called-title.ts';
import { createFindSource, type SourceRules } from '../../engine/intake/sources.ts';

const proposal: AssociationProposal = { callingAeTitle: 'CT1', calledAeTitle: 'LUNG', peer: '10.1.2.3', storage: true, tls: null };

const network = (address: string, prefix: number, family: 'ipv4' | 'ipv6' = 'ipv4') =>
  ({ kind: 'network', address, prefix, family }) as const;
const named = (name: string) => ({ kind: 'name', name }) as const;
const source = (hosts: SourceRules['hosts'], more: Partial<SourceRules> = {}): SourceRules => ({
  aeTitle: 'CT1',
  hosts,
  certificate: null,
  maxAssociations: null,
  ...more,
});

const title: CalledTitleRules = {
  accept: 'private-sop-classes',
  allowedSopClasses: null,
  ignoredSopClasses: [],
  overwriteSameInstance: false,
  verification: true,
  maxAssociations: null,
};

interface Given {
  readonly sources?: Readonly<Record<string, SourceRules>>;
  readonly resolve?: (name: string) => Promise<readonly string[] | null>;
  readonly titles?: Readonly<Record<string, CalledTitleRules>>;
}

function rulesWith(
  { sources = { CT1: source([network('10.1.2.3', 32)]) }, resolve, titles = { LUNG: title } }: Given = {},
  more: Partial<AdmissionRules> = {},
): AdmissionRules {
  return {
    rejectUnknownSources: true,
    findSource: createFindSource(sources, resolve ?? (() => assert.fail('nothing is to be resolved'))),
    rulesOf: (called) => titles[called] ?? null,
    maxAssociationsPerPeer: null,
    maxInstanceSizeBytes: null,
    spaceOpen: true,
    ...more,
  };
}

/** `result/source/reason`; null: admitted. */
async function code(change: Partial<AssociationProposal>, rules: AdmissionRules = rulesWith()): Promise<string | null> {
  const verdict = await judge({ ...proposal, ...change }, rules);
  return 'result' in verdict ? `${verdict.result}/${verdict.source}/${verdict.reason}` : null;
}

async function terms(rules: AdmissionRules, change: Partial<AssociationProposal> = {}) {
  const verdict = await judge({ ...proposal, ...change }, rules);
  return 'result' in verdict ? assert.fail(verdict.why) : verdict;
}

describe('admission of associations', () => {
  it('accepts a known source that calls a title of ours', async () => {
    assert.equal(await code({}), null);
  });

  it('rejects an unknown calling AE title, and a known one from another host, with 1/1/3', async () => {
    assert.equal(await code({ callingAeTitle: 'CT2' }), '1/1/3');
    assert.equal(await code({ peer: '10.1.2.4' }), '1/1/3');
    assert.equal(await code({ callingAeTitle: 'ct1' }), '1/1/3', 'AE titles are compared as they are');
  });

  it('rejects an unknown called AE title with 1/1/7', async () => {
    assert.equal(await code({ calledAeTitle: 'LIVER' }), '1/1/7');
  });

  it('judges the calling title before the called one', async () => {
    assert.equal(await code({ callingAeTitle: 'CT2', calledAeTitle: 'LIVER' }), '1/1/3');
  });

  it('rejects storage as transient (2/3/1) while space is short, and still lets echo in', async () => {
    const short = rulesWith({}, { spaceOpen: false });
    assert.equal(await code({}, short), '2/3/1');
    assert.equal(await code({ storage: false }, short), null);
  });

  it('takes any source where unknown ones are allowed', async () => {
    assert.equal(await code({ callingAeTitle: 'WHO' }, rulesWith({ sources: {} }, { rejectUnknownSources: false })), null);
  });
});

describe('a source', () => {
  it('may call from any of its addresses, however they are spelled', async () => {
    const rules = rulesWith({ sources: { CT1: source([network('10.1.2.3', 32), network('2001:DB8:0:0::1', 128, 'ipv6')]) } });
    for (const peer of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1', '2001:db8::1%eth0'])
      assert.equal(await code({ peer }, rules), null, peer);
    for (const peer of ['10.1.2.30', '2001:db8::2', '', 'localhost']) assert.equal(await code({ peer }, rules), '1/1/3', peer);
  });

  it('may be a network of either family', async () => {
    const rules = rulesWith({ sources: { CT1: source([network('10.20.0.0', 15), network('2001:db8:1::', 48, 'ipv6')]) } });
    for (const peer of ['10.20.0.1', '10.21.255.255', '::ffff:10.20.9.9', '2001:db8:1:ffff::5'])
      assert.equal(await code({ peer }, rules), null, peer);
    for (const peer of ['10.22.0.0', '10.19.255.255', '2001:db8:2::5']) assert.equal(await code({ peer }, rules), '1/1/3', peer);
  });

  it('may be a name, which is asked for only where no address decides', async () => {
    const asked: string[] = [];
    const resolve = async (name: string) => {
      asked.push(name);
      return name === 'ct1.hospital' ? ['10.9.9.9', '10.1.2.3'] : [];
    };
    const rules = rulesWith({ sources: { CT1: source([network('10.5.0.0', 16), named('ct1.hospital')]) }, resolve });
    assert.equal(await code({ peer: '10.5.5.5' }, rules), null);
    assert.deepEqual(asked, []);
    assert.equal(await code({ peer: '::ffff:10.1.2.3' }, rules), null);
    assert.equal(await code({ peer: '10.1.2.4' }, rules), '1/1/3');
    asked.length = 0;
    assert.equal(await code({ callingAeTitle: 'WHO' }, rules), '1/1/3');
    assert.deepEqual(asked, [], 'a stranger makes nobody look up names');
  });

  it('whose name cannot be resolved is not let in, and not turned away for good: 2/3/1', async () => {
    const rules = rulesWith({ sources: { CT1: source([named('ct1.hospital')]) }, resolve: async () => null });
    assert.equal(await code({}, rules), '2/3/1');
  });

  it('with a certificate calls with TLS and shows that one', async () => {
    const rules = rulesWith({ sources: { CT1: source([network('10.1.2.3', 32)], { certificate: 'ct1.hospital' }) } });
    assert.equal(await code({ tls: { subject: 'ct1.hospital' } }, rules), null);
    assert.equal(await code({ tls: { subject: 'ct2.hospital' } }, rules), '1/1/3');
    assert.equal(await code({ tls: { subject: null } }, rules), '1/1/3');
    assert.equal(await code({ tls: null }, rules), '1/1/3');
  });
});

describe('the terms of an association', () => {
  it('limit it by called AE title, by address and by source', async () => {
    const rules = rulesWith(
      {
        sources: { SCANNER: source([network('10.1.2.3', 32)], { maxAssociations: 4 }) },
        titles: { LUNG: { ...title, maxAssociations: 9 } },
      },
      { maxAssociationsPerPeer: 20, maxInstanceSizeBytes: 5_000 },
    );
    const { limits, largestInstanceBytes } = await terms(rules, { peer: '::ffff:10.1.2.3' });
    assert.deepEqual(limits, [
      { name: 'called LUNG', most: 9 },
      { name: 'peer 10.1.2.3', most: 20 },
      { name: 'source SCANNER', most: 4 },
    ]);
    assert.equal(largestInstanceBytes, 5_000);
    assert.deepEqual((await terms(rulesWith())).limits, []);
  });

  it('say whether C-ECHO is served', async () => {
    assert.equal((await terms(rulesWith())).verification, true);
    assert.equal((await terms(rulesWith({ titles: { LUNG: { ...title, verification: false } } }))).verification, false);
  });

  const ct = '1.2.840.10008.5.1.4.1.1.2';
  const mr = '1.2.840.10008.5.1.4.1.1.4';
  const privateClass = '1.3.12.2.1107.5.9.1';
  const explicit = '1.2.840.10008.1.2.1';
  const privateSyntax = '1.2.840.113619.5.2';

  for (const { rules, classes, syntaxes } of [
    { rules: {}, classes: [ct, mr, privateClass], syntaxes: [explicit] },
    { rules: { accept: 'standard' }, classes: [ct, mr], syntaxes: [explicit] },
    { rules: { accept: 'private-sop-classes' }, classes: [ct, mr, privateClass], syntaxes: [explicit] },
    { rules: { accept: 'any' }, classes: [ct, mr, privateClass], syntaxes: [explicit, privateSyntax] },
    { rules: { accept: 'standard', ignoredSopClasses: [privateClass] }, classes: [ct, mr, privateClass], syntaxes: [explicit] },
    { rules: { allowedSopClasses: [ct] }, classes: [ct], syntaxes: [explicit] },
    { rules: { accept: 'standard', allowedSopClasses: [ct, privateClass] }, classes: [ct, privateClass], syntaxes: [explicit] },
  ] satisfies readonly { rules: Partial<CalledTitleRules>; classes: readonly string[]; syntaxes: readonly string[] }[]) {
    it(`with ${JSON.stringify(rules)} are SOP classes ${classes.join(', ')} in ${syntaxes.join(', ')}`, async () => {
      const { acceptsSopClass, acceptsTransferSyntax } = await terms(rulesWith({ titles: { LUNG: { ...title, ...rules } } }));
      assert.deepEqual([ct, mr, privateClass].filter(acceptsSopClass), classes);
      assert.deepEqual([explicit, privateSyntax].filter(acceptsTransferSyntax), syntaxes);
    });
  }
});
