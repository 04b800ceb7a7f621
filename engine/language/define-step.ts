import type { RetryPolicy } from '../retries/index.ts';
import type { Scope } from './check-expression.ts';
import { checkCondition, checkTitle } from './check-text.ts';
import type { StepDefinition } from './definition.ts';
import { suggest } from './nearest-name.ts';
import { durationMs } from './read-retries.ts';
import { declared, type StepDraft } from './read-steps.ts';
import type { Report } from './report.ts';
import { toTemplate } from './template.ts';

/** Deciding takes a reading of the ledger; a minute means that it hangs. */
const collectingTimeoutMs = 60_000;

/** A step of the definition, from its draft and its checked options; what is wrong with the rest of it is reported. */
export function defineStep(
  { id, pointer, raw, registered }: StepDraft,
  filled: Readonly<Record<string, unknown>>,
  scope: Scope,
  policies: ReadonlyMap<string, RetryPolicy>,
  report: Report,
): StepDefinition {
  const kind = registered?.kind ?? 'step';
  if (raw.if !== undefined && kind !== 'step') {
    const message = `a ${kind}/ step cannot be left out`;
    report.at(`${pointer}/if`, 'key', { code: 'GY221', message, hint: 'take the condition to on.received.when, or to a later step' });
  }
  const policy = policies.get(typeof raw.retry === 'string' ? raw.retry : 'default');
  if (policy === undefined) {
    const hint = suggest(String(raw.retry), [...policies.keys()], 'retries');
    report.at(`${pointer}/retry`, 'value', { code: 'GY217', message: `unknown retry policy "${String(raw.retry)}"`, hint });
  }
  const timeoutMs = durationMs(raw.timeout);
  if (timeoutMs === 0) report.at(`${pointer}/timeout`, 'value', { code: 'GY206', message: 'a step needs some time' });
  checkTitle(`${pointer}/title`, raw.title, report);
  const title = registered === null ? id : declared(registered).title;
  const ownTimeoutMs = registered?.kind === 'step' ? durationMs(registered.step.timeout) : null;
  return {
    id,
    kind,
    uses: registered?.name ?? String(raw.uses),
    title: typeof raw.title === 'string' ? raw.title : title,
    summary: registered?.kind === 'step' ? registered.step.summary : title,
    with: templateOf(filled),
    if: kind === 'step' ? checkCondition(`${pointer}/if`, raw.if, scope, report) : null,
    timeoutMs: timeoutMs ?? ownTimeoutMs ?? collectingTimeoutMs,
    retry: policy ?? (policies.get('default') as RetryPolicy),
  };
}

/** Empty where an expression is not closed: that has been reported. */
function templateOf(filled: Readonly<Record<string, unknown>>): StepDefinition['with'] {
  try {
    return toTemplate(filled) as StepDefinition['with'];
  } catch {
    return {};
  }
}
