import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validateOptions, validateOutput } from '../../engine/plugin/host.ts';
import { durationSchema, instanceSetSchema, Type } from '../../engine/plugin/index.ts';

const options = Type.Object(
  {
    quiet: durationSchema({ default: '30s', description: 'How long.' }),
    count: Type.Optional(Type.Integer({ minimum: 1 })),
    to: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  },
  { additionalProperties: false },
);

describe('options', () => {
  it('get their defaults, and the caller keeps what it handed in', () => {
    const given = { to: ['PACS'] };
    assert.deepEqual(validateOptions(options, given, 'step "x"'), { quiet: '30s', to: ['PACS'] });
    assert.deepEqual(given, { to: ['PACS'] });
  });

  it('are refused with all that is wrong, and without the values', () => {
    assert.throws(
      () => validateOptions(options, { quiet: 'Doe^John', count: 0, tow: ['PACS'] }, 'step "to-pacs" (dicom/export)'),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'GY601');
        assert.match(error.message, /^step "to-pacs" \(dicom\/export\): /);
        assert.match(error.message, /option "to" is missing/);
        assert.match(error.message, /unknown option "tow" \(options: quiet, count, to\)/);
        assert.match(error.message, /option "quiet" is not a duration/);
        assert.match(error.message, /option "count" must be >= 1/);
        assert.doesNotMatch(error.message, /Doe/);
        return true;
      },
    );
  });

  it('are not bent into the type that the schema wants', () => {
    assert.throws(() => validateOptions(options, { to: ['PACS'], count: '3' }, 'x'), {
      code: 'GY601',
      message: 'x: option "count" must be integer',
    });
  });
});

describe('an output', () => {
  const output = Type.Object({ instances: instanceSetSchema, result: Type.Unknown() }, { additionalProperties: false });
  const instances = { set: 'a', count: 1, sizeBytes: 2 };

  it('is what its schema says, as JSON', () => {
    assert.deepEqual(validateOutput(output, { instances, result: { at: new Date(0), none: undefined } }, 'x'), {
      instances,
      result: { at: '1970-01-01T00:00:00.000Z' },
    });
  });

  it('is refused where the schema does not allow it, or JSON cannot hold it', () => {
    assert.throws(() => validateOutput(output, { instances }, 'step "s"'), {
      code: 'GY602',
      message: 'step "s": output "result" is missing',
    });
    assert.throws(() => validateOutput(output, undefined, 'step "s"'), { code: 'GY602', message: /no output/ });
    assert.throws(() => validateOutput(output, { instances, result: 1n }, 'step "s"'), { code: 'GY602', message: /not JSON/ });
  });
});
