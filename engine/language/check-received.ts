import type { Scope } from './check-expression.ts';
import { checkCondition } from './check-text.ts';
import { compileExpression } from './compile-expression.ts';
import type { Definition } from './definition.ts';
import { isRecord } from './json-schema.ts';
import { factNames, instanceNames } from './names.ts';
import { locateReferences } from './references.ts';
import type { Report } from './report.ts';
import { soleExpression } from './split-text.ts';

type Received = Definition['on']['received'];

/** `on.received`, its rule checked against the attributes of the data dictionary. What its shape lacks is empty. */
export function checkReceived(on: unknown, attributeKeywords: () => readonly string[], report: Report): Received {
  const received = isRecord(on) && isRecord(on.received) ? on.received : {};
  const { calledAeTitle, callingAeTitle = [], when } = received;
  const calling = (Array.isArray(callingAeTitle) ? callingAeTitle : [callingAeTitle]).filter((title) => typeof title === 'string');
  const rule = when === undefined ? null : checkWhen(when, attributeKeywords, report);
  return {
    calledAeTitle: typeof calledAeTitle === 'string' ? calledAeTitle.trim() : '',
    callingAeTitles: calling.map((title) => title.trim()),
    when: rule,
    attributes: rule === null ? [] : attributesOf(rule),
  };
}

const whenPointer = '/on/received/when';

function checkWhen(when: unknown, attributeKeywords: () => readonly string[], report: Report): string | null {
  const scope: Scope = {
    names: instanceNames(typeof when === 'string' ? attributeKeywords() : []),
    steps: [],
    refuse: () => null,
  };
  const rule = checkCondition(whenPointer, when, scope, report);
  const sole = rule === null || typeof when !== 'string' ? null : soleExpression(when);
  if (sole === null) return rule;
  // What the host reads from the file must stand in the rule.
  for (const { path, parts, computed } of readable(sole.source)) {
    const [first] = parts;
    if (path[0] !== 'instance' || first === undefined || (path.length > 1 && !computed)) continue;
    const range = { start: first.start + sole.start, end: first.end + sole.start };
    const hint = 'write the attribute: instance.Modality';
    report.inside(whenPointer, range, { code: 'GY211', message: 'the rule does not say which attribute it reads', hint });
  }
  return rule;
}

const attributesOf = (rule: string): readonly string[] => {
  const names = readable(rule).flatMap(({ path: [root, name] }) => (root === 'instance' && typeof name === 'string' ? [name] : []));
  return [...new Set(names)].filter((name) => !factNames.has(name)).sort();
};

/** Nothing of a rule that cannot be read: that has been reported. */
function readable(rule: string): ReturnType<typeof locateReferences> {
  try {
    return locateReferences(compileExpression(rule));
  } catch {
    return [];
  }
}
