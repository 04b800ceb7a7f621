import { instanceSetSchema } from '../plugin/index.ts';
import type { JsonSchema } from './json-schema.ts';

/** What expressions at one place of a workflow can name, each with the schema of its value. */
export type Names = Readonly<Record<string, JsonSchema>>;

const text: JsonSchema = { type: 'string' };
const count: JsonSchema = { type: 'integer' };
const texts: JsonSchema = { type: 'array', items: text };
const closed = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});
const instances = instanceSetSchema as unknown as JsonSchema;

const run = closed({
  workflow: text,
  workflowId: text,
  calledAeTitle: text,
  group: text,
  outcome: { type: 'string', enum: ['succeeded', 'failed', 'cancelled'] },
});

const group = closed({ instances, series: count, modalities: texts, callingAeTitles: texts });

/** What the collecting steps answer, for they have no output schema of their own. */
export const groupOutput = closed({ key: text, description: text });
export const batchOutput = closed({
  instances,
  why: text,
  totals: closed({
    instances: count,
    series: count,
    sizeBytes: count,
    firstAt: { type: ['integer', 'null'] },
    lastAt: { type: ['integer', 'null'] },
    modalities: texts,
    callingAeTitles: texts,
  }),
});

/** For a step: the steps before it, the run, and, once the batch is complete, the group. */
export function runNames(outputs: ReadonlyMap<string, JsonSchema>, collected: boolean): Names {
  const steps = closed(Object.fromEntries([...outputs].map(([id, output]) => [id, closed({ output })])));
  return collected ? { steps, run, group } : { steps, run };
}

/** What `when` knows of an instance beside its attributes. */
const facts = { calledAeTitle: text, callingAeTitle: text, sizeBytes: count, transferSyntaxUid: text };
export const factNames: ReadonlySet<string> = new Set(Object.keys(facts));

/** For `on.received.when`. */
export const instanceNames = (keywords: readonly string[]): Names => ({
  instance: closed({ ...facts, ...Object.fromEntries(keywords.map((keyword) => [keyword, {}])) }),
});
