import { durationPattern } from '../plugin/index.ts';
import { expressionSchema } from './allow-expressions.ts';
import type { JsonSchema } from './json-schema.ts';

/** Letters of one AE title after the spaces around it, which do not count: ASCII without backslash and control characters (PS3.5 §6.2). */
const aeTitlePattern = '^ *[!-\\[\\]-~]([ -\\[\\]-~]{0,14}[!-\\[\\]-~])? *$';
export const namePattern = '^[A-Za-z][A-Za-z0-9_-]{0,63}$';

export const aeTitleSchema = (description: string): JsonSchema => ({
  type: 'string',
  pattern: aeTitlePattern,
  description,
  'x-gantry': 'ae-title',
});

const duration = (description: string): JsonSchema => ({ type: 'string', pattern: durationPattern, description, 'x-gantry': 'duration' });

/** That a text is an expression, and a condition, is checked with its names. */
const condition = (description: string): JsonSchema => ({ type: ['boolean', 'string'], description });

/** One step, whatever it uses. */
export const stepShape = {
  type: 'object',
  additionalProperties: false,
  required: ['uses'],
  properties: {
    id: {
      type: 'string',
      pattern: namePattern,
      'x-gantry': 'name',
      description: 'The name by which later steps read its output: steps.<id>.output. Made from `uses` where it is left out.',
    },
    uses: { type: 'string', description: 'What the step does: the name of a step, grouping or batching that a plugin brings.' },
    title: { type: 'string', minLength: 1, maxLength: 120, description: 'What people call it.' },
    with: { type: 'object', description: 'Options of the step. Any value can be an expression: ${{ … }}.' },
    if: condition('The step runs when this is true, and is skipped when it is false.'),
    timeout: duration('Longest time for one attempt: 500ms, 30s, 15m, 2h, 7d.'),
    retry: { type: 'string', pattern: namePattern, 'x-gantry': 'name', description: 'Name of a policy in `retries`.' },
  },
} as const satisfies JsonSchema;

const retryShape: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'How often, how fast, and what happens when the attempts are used up.',
  properties: {
    attempts: { type: 'integer', minimum: 1, maximum: 1_000, default: 3, description: 'Attempts in all, the first included.' },
    backoff: {
      type: 'object',
      additionalProperties: false,
      description: 'Pauses between attempts.',
      properties: {
        initial: { ...duration('The first pause.'), default: '5s' },
        factor: { type: 'number', minimum: 1, maximum: 100, default: 2, description: 'Each pause is this many times the one before.' },
        max: { ...duration('The longest pause.'), default: '5m' },
      },
    },
    exhausted: {
      enum: ['fail', 'park', 'skip'],
      default: 'fail',
      description: 'What then: fail the run, park the step until somebody decides, or skip the step.',
    },
    on: {
      type: 'object',
      description: 'By error code, before what the plugin says: try again, give up at once, or take it as done.',
      propertyNames: { pattern: '^[A-Z][A-Za-z0-9]{0,63}$', 'x-gantry': 'error-code' },
      additionalProperties: { enum: ['retry', 'fail', 'done'] },
    },
  },
};

/** A workflow file, less what depends on the plugins: options of steps are checked by each step's own schema. */
export const workflowShape = {
  type: 'object',
  additionalProperties: false,
  required: ['workflow', 'on', 'steps'],
  properties: {
    workflow: {
      type: 'string',
      pattern: '^[a-z][a-z0-9-]{0,63}$',
      'x-gantry': 'workflow-name',
      description: 'Its name: the Workflow Type in Temporal. Lower-case letters, digits and hyphens.',
    },
    title: { type: 'string', minLength: 1, maxLength: 120, description: 'What people call it.' },
    description: { type: 'string', description: 'What it is for.' },
    on: {
      type: 'object',
      additionalProperties: false,
      required: ['received'],
      description: 'What starts a run.',
      properties: {
        received: {
          type: 'object',
          additionalProperties: false,
          required: ['calledAeTitle'],
          description: 'Which received instances the workflow wants.',
          properties: {
            calledAeTitle: aeTitleSchema('The AE title of ours that they are sent to.'),
            callingAeTitle: {
              anyOf: [
                aeTitleSchema('An AE title of a sender.'),
                { type: 'array', minItems: 1, items: aeTitleSchema('An AE title of a sender.') },
              ],
              description: 'Only from these senders; from any where it is left out.',
            },
            when: condition('Only instances for which this is true. Reads any attribute by its keyword: ${{ instance.Modality == "CT" }}'),
          },
        },
      },
    },
    retries: {
      type: 'object',
      description: 'Retry policies by name; steps name one in `retry`. The one called `default` is for steps that name none.',
      propertyNames: { pattern: namePattern, 'x-gantry': 'name' },
      additionalProperties: retryShape,
    },
    steps: {
      type: 'array',
      description: 'In this order. The first groups (group/…), the second says when a group is complete (batch/…).',
      items: { $ref: '#/definitions/step' },
    },
    finally: {
      type: 'array',
      description: 'Run at the end, whether the steps succeeded or not. storage/reclaim is added where no step is one.',
      items: { $ref: '#/definitions/step' },
    },
    late: {
      enum: ['next'],
      default: 'next',
      description: 'Instances that arrive after the batch was complete form the following run of the same group.',
    },
    retain: {
      type: 'object',
      additionalProperties: false,
      description: 'How long instances are kept.',
      properties: { failed: { ...duration('After a run that did not succeed.'), default: '7d' } },
    },
  },
  definitions: { step: stepShape, expression: expressionSchema },
} as const satisfies JsonSchema;
