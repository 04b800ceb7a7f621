import type { PluginRegistry } from '../plugin/index.ts';
import { allowExpressions } from './allow-expressions.ts';
import type { JsonSchema } from './json-schema.ts';
import { declared } from './read-steps.ts';
import { stepShape, workflowShape } from './workflow-shape.ts';

/**
 * The JSON Schema (draft-07, which editors know best) of workflow files for the installed plugins: `uses` lists what they
 * bring, and `with` is what the chosen one takes.
 */
export function workflowSchema(registry: PluginRegistry): JsonSchema {
  const entries = [...registry.uses.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const choices = entries.map((registered) => {
    const { options } = declared(registered);
    const taken = allowExpressions(JSON.parse(JSON.stringify(options)) as JsonSchema);
    const needsOptions = Array.isArray(taken.required) && taken.required.length > 0;
    return {
      if: { required: ['uses'], properties: { uses: { const: registered.name } } },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own keyword
      then: { ...(needsOptions ? { required: ['with'] } : {}), properties: { with: taken } },
    };
  });
  const uses = {
    ...stepShape.properties.uses,
    enum: entries.map(({ name }) => name),
    // Shown by editors beside each choice.
    enumDescriptions: entries.map((registered) => declared(registered).description),
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Gantry workflow',
    description: 'What happens with the instances that one of our AE titles receives.',
    ...workflowShape,
    definitions: {
      ...workflowShape.definitions,
      step: { ...stepShape, properties: { ...stepShape.properties, uses }, allOf: choices },
    },
  };
}
