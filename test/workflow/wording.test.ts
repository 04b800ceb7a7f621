import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { attributesOf, changedAttributes } from '../../engine/workflow/attributes.ts';
import { renderDetails } from '../../engine/workflow/details.ts';
import { label } from '../../engine/workflow/label.ts';
import { renderSummary } from '../../engine/workflow/summary.ts';
import { viewOf, withDefinition, withStep } from '../../engine/workflow/view.ts';
import { input, lungCt, totals } from './definitions.ts';

const bytes = (text: string) => new TextEncoder().encode(text).length;

describe('a label', () => {
  it('fits what the server takes and the Web UI shows, whatever is written in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const made = label(text);
        assert.ok([...made].length <= 120 && bytes(made) <= 240, made);
        assert.doesNotMatch(made, /[\p{Cc}\n]/u);
      }),
    );
  });

  it('leaves a short line as it is, and says where it cut a long one', () => {
    assert.equal(label('send to PACS'), 'send to PACS');
    assert.equal(label(`a\n\tb${'c'.repeat(200)}`), `a b${'c'.repeat(116)}…`);
    assert.equal(bytes(label('肺'.repeat(100))), 240);
  });
});

describe('a summary', () => {
  it('names values as people do: texts, lists, and sets of instances by their size', () => {
    const options = {
      destinations: ['PACS', 'ARCHIVE'],
      instances: { set: 'a-1', count: 60, sizeBytes: 9 },
      urgent: true,
      at: { hour: 5 },
    };
    assert.equal(renderSummary('send {instances} to {destinations}', options), 'send 60 instances to PACS, ARCHIVE');
    assert.equal(renderSummary('urgent: {urgent}, {at}', options), 'urgent: true, {"hour":5}');
  });

  it('leaves a place empty that names no option', () => {
    assert.equal(renderSummary('run {job}{constructor}', { job: null }), 'run');
  });
});

describe('the progress table', () => {
  it('cannot be broken by what a plugin writes', () => {
    const view = withStep(withDefinition(viewOf(input), lungCt), 'nodules', {
      state: 'failed',
      attempts: 2,
      note: 'no | such\n*model* [x](http://evil)',
    });
    assert.match(
      renderDetails(view),
      /\| nodules \| job\/submit \| ✗ failed \| 2 \| no \\\| such \\\*model\\\* \\\[x\\\]\(http:\/\/evil\) \|/,
    );
  });
});

describe('search attributes', () => {
  it('hold no more than the server takes, also of strange wire strings', () => {
    const strange = {
      ...totals(3),
      modalities: ['CT\u0000', 'x'.repeat(3_000)],
      callingAeTitles: Array.from({ length: 50 }, (_, n) => `CT${n}`),
    };
    for (const { key, value } of attributesOf(input, viewOf(input), strange, 'E'.repeat(500))) {
      assert.ok(JSON.stringify(value).length <= 2_048, key.name);
      for (const one of [value].flat()) assert.ok(typeof one !== 'string' || one.length <= 255);
    }
  });

  it('are told when one has changed; a grown count alone is no reason', () => {
    const view = viewOf(input);
    const before = attributesOf(input, view, totals(3), null);
    assert.deepEqual(changedAttributes(before, attributesOf(input, view, totals(9), null)), []);
    const changed = changedAttributes(before, attributesOf(input, { ...view, stage: 'nodules' }, totals(9), null));
    assert.deepEqual(
      changed.map(({ key }) => key.name),
      ['GantryStage', 'GantryInstances'],
    );
  });
});
