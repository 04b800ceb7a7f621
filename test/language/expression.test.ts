import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileExpression, ExpressionError, evaluate, evaluateCondition, references } from '../../engine/language/expression.ts';

const names = {
  steps: {
    nodules: { output: { count: 3, share: 0.5, label: 'x', missing: null, tags: ['a', 'b'] } },
    'to-pacs': { output: { failed: 0 } },
  },
  instance: { Modality: 'CT', PatientName: 'DOE^JANE', SliceThickness: 2 },
};

const reason = (source: string): string => {
  try {
    evaluate(source, names);
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error));
    return error.reason;
  }
  return assert.fail(`${source} was evaluated`);
};

describe('an expression', () => {
  it('reads whole numbers and fractions of JSON alike, and gives JSON back', () => {
    assert.equal(evaluate('steps.nodules.output.count + 1', names), 4);
    assert.equal(evaluate('steps.nodules.output.count * 1.5', names), 4.5);
    assert.equal(evaluate('10.0 / steps.nodules.output.count', { steps: { nodules: { output: { count: 4 } } } }), 2.5);
    assert.equal(evaluate('instance.SliceThickness <= 2.5 && instance.SliceThickness == 2.0', names), true);
    assert.deepEqual(evaluate('{"tags": steps.nodules.output.tags, "n": [1, 2.5, null]}', names), { tags: ['a', 'b'], n: [1, 2.5, null] });
  });

  it('divides whole numbers as CEL does, and any number once one is a fraction', () => {
    assert.equal(evaluate('7 / 2', {}), 3);
    assert.equal(evaluate('7 / 2.0', {}), 3.5);
  });

  it('reaches a step whose id has a hyphen with brackets', () => {
    assert.equal(evaluate('steps["to-pacs"].output.failed', names), 0);
  });

  it('fails, and is never false, where a name or a key is not there or types do not fit', () => {
    assert.equal(reason('steps.other.output.count > 0'), 'there is no key "other"');
    assert.equal(reason('group.series > 0'), 'unknown name group');
    assert.equal(reason('steps.nodules.output.missing <= 2.5'), 'null <= double is not defined');
    assert.equal(reason('steps.nodules.output.label && true'), "logical operator requires bool operands, got 'string'");
    assert.equal(reason('nearly(1)'), "there is no function 'nearly(int)'");
    assert.equal(reason('1 / 0'), 'division by zero');
  });

  it('decides by one side of && and || where that side is enough, as CEL does', () => {
    assert.equal(evaluate('instance.Modality == "MR" && instance.Nothing > 1', names), false);
    assert.equal(evaluate('instance.Modality == "CT" || instance.Nothing > 1', names), true);
  });

  it('names no value when it fails: rules read attributes of patients', () => {
    for (const source of [
      'int(instance.PatientName)',
      'bool(instance.PatientName)',
      'timestamp(instance.PatientName)',
      'duration(instance.PatientName)',
      'instance[instance.PatientName]',
      '{"a": 1}[instance.PatientName]',
      '"x".matches(instance.PatientName + "(")',
      'instance.PatientName > 5',
      'instance.PatientName ? 1 : 2',
    ]) {
      assert.throws(
        () => evaluate(source, names),
        (error: Error) => error instanceof ExpressionError && !error.message.includes('DOE'),
        source,
      );
    }
  });

  it('refuses results that JSON cannot hold', () => {
    assert.equal(reason('1.0 / 0.0'), 'the number is not finite');
    assert.equal(reason('9007199254740993'), 'the whole number is beyond what JSON holds exactly');
    assert.match(reason('bytes("x")'), /of a kind that JSON has not/);
    assert.match(reason('duration("3s")'), /of a kind that JSON has not/);
  });

  it('points at the place of a syntax error', () => {
    assert.throws(
      () => compileExpression('run.group == && 2'),
      (error: ExpressionError) => error.start === 13 && error.end === 15 && error.reason === 'unexpected token: "&&"',
    );
  });

  it('is refused where it is empty, too long, too deep or too large, and never overflows the stack', () => {
    assert.match(reason('  '), /is empty/);
    assert.match(reason(`${'1 + '.repeat(1_000)}1`), /longer than 2000/);
    assert.match(reason(`${'('.repeat(900)}1${')'.repeat(900)}`), /nested too deeply/);
    assert.match(reason(`${'!'.repeat(1_900)}true`), /too large/);
    assert.match(reason(`${'1+'.repeat(900)}1`), /too large/);
  });

  it('takes a key such as __proto__ for a key', () => {
    const output = JSON.parse('{"__proto__": {"admin": true}}') as object;
    assert.throws(() => evaluate('output.admin', { output }), ExpressionError);
    assert.deepEqual(evaluate('output', { output }), output);
  });
});

describe('a condition', () => {
  it('is true or false', () => {
    assert.equal(evaluateCondition('steps.nodules.output.count > 2', names), true);
    assert.equal(evaluateCondition('steps.nodules.output.count > 3', names), false);
  });

  it('that comes to anything else is an error', () => {
    for (const source of ['1', '"true"', 'null', '[]', 'steps.nodules.output.count']) {
      assert.throws(() => evaluateCondition(source, names), /a condition must be true or false/, source);
    }
  });
});

describe('the references of an expression', () => {
  it('are the paths that it reads, each once', () => {
    const source = 'steps.nodules.output.instances.count > 0 && steps["to-pacs"].output.files[0].status == run.code && run.code != 1';
    assert.deepEqual(references(source), [
      ['steps', 'nodules', 'output', 'instances', 'count'],
      ['steps', 'to-pacs', 'output', 'files', '0', 'status'],
      ['run', 'code'],
    ]);
  });

  it('are not the names that its own macros bind', () => {
    assert.deepEqual(references('group.modalities.exists(m, m == run.wanted)'), [
      ['group', 'modalities'],
      ['run', 'wanted'],
    ]);
    assert.deepEqual(references('cel.bind(t, run.a, t + run.b)'), [
      ['run', 'a'],
      ['run', 'b'],
    ]);
    assert.deepEqual(references('has(steps.a.output) ? steps.a.output.map(x, x.y) : [z]'), [['steps', 'a', 'output'], ['z']]);
  });
});
