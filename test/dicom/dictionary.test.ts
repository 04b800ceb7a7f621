import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attributeKeywords, attributeNamed } from '../../engine/dicom/index.ts';

describe('the data dictionary', () => {
  it('knows an attribute by its keyword', () => {
    assert.deepEqual(attributeNamed('SliceThickness'), { keyword: 'SliceThickness', tag: 0x00180050, vr: 'DS' });
    assert.deepEqual(attributeNamed('PixelData'), { keyword: 'PixelData', tag: 0x7fe00010, vr: 'OW' });
    assert.deepEqual(attributeNamed('SmallestImagePixelValue'), { keyword: 'SmallestImagePixelValue', tag: 0x00280106, vr: 'US' });
  });

  it('knows retired attributes by the keyword that PS3.6 gives them', () => {
    assert.equal(attributeNamed('AcquisitionComments')?.tag, 0x00184000);
    assert.equal(attributeNamed('RETIRED_AcquisitionComments'), null);
  });

  it('does not know what no dataset can have, or nobody has defined', () => {
    for (const keyword of ['TransferSyntaxUID', 'CommandField', 'Item', 'sliceThickness', 'constructor', '']) {
      assert.equal(attributeNamed(keyword), null, keyword);
    }
  });

  it('suggests what can be read as text or numbers, in the order of tags', () => {
    const keywords = attributeKeywords();
    assert.ok(keywords.length > 3_000);
    assert.equal(new Set(keywords).size, keywords.length);
    assert.ok(keywords.includes('Modality') && keywords.includes('BodyPartExamined'));
    assert.ok(!keywords.includes('PixelData') && !keywords.includes('ReferencedImageSequence'));
    const tags = keywords.map((keyword) => attributeNamed(keyword)?.tag ?? assert.fail(keyword));
    assert.deepEqual(
      tags,
      tags.toSorted((a, b) => a - b),
    );
  });
});
