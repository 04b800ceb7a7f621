import assert from 'node:assert/strict';

/** One line of the text format, as https://prometheus.io/docs/instrumenting/exposition_formats/ has it. */
const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|-?[0-9.e+-]+)$/;
const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;

/** Reads the text format strictly; answers values by name and labels, such as `x_total{how="lost"}`. */
export function samplesOf(text: string): ReadonlyMap<string, number> {
  assert.ok(text.endsWith('\n'));
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, named = '', rest = ''] = comment.exec(line) ?? [];
    if (kind === 'TYPE') {
      assert.ok(!types.has(named), `${named} is declared once`);
      types.set(named, rest);
    }
    if (kind !== undefined) continue;
    const [, name = '', labels = '', value] = sample.exec(line) ?? [];
    assert.ok(value !== undefined, line);
    assert.ok(types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram', `${name} has a type`);
    const series = labels === '' ? name : `${name}{${labels}}`;
    assert.ok(!samples.has(series), `${series} is told once`);
    samples.set(series, Number(value.replace('Inf', 'Infinity')));
  }
  return samples;
}
