import type { JsonSchema } from '../language/index.ts';
import type { PluginRegistry } from '../plugin/index.ts';
import { configShape } from './config-shape.ts';

/** The JSON Schema (draft-07) of configuration files for the installed plugins: a job's options are those of its back-end. */
export function configSchema(registry: PluginRegistry): JsonSchema {
  const properties = configShape.properties as Readonly<Record<string, JsonSchema>>;
  const jobs = properties.jobs as JsonSchema;
  const dicom = properties.dicom as JsonSchema & { readonly properties: Readonly<Record<string, JsonSchema>> };
  const aeTitles = dicom.properties.aeTitles as JsonSchema;
  // For editors; `loadConfig` says it in words.
  const rules = { ...(aeTitles.additionalProperties as JsonSchema), not: { required: ['allowedSopClasses', 'ignoredSopClasses'] } };
  const entries = [...registry.backends].sort(([a], [b]) => (a < b ? -1 : 1));
  const backend = {
    type: 'string',
    description: 'What executes the job; the other keys are its options.',
    enum: entries.map(([name]) => name),
    enumDescriptions: entries.map(
      ([
        ,
        {
          backend: { description },
        },
      ]) => description,
    ),
  };
  const choices = entries.map(
    ([
      name,
      {
        backend: { options },
      },
    ]) => {
      const own = JSON.parse(JSON.stringify(options)) as JsonSchema;
      const required = ((own.required ?? []) as readonly string[]).filter(
        (key) => (own.properties as Record<string, JsonSchema>)[key]?.default === undefined,
      );
      return {
        if: { required: ['backend'], properties: { backend: { const: name } } },
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own keyword
        then: { ...own, required, properties: { backend: true, ...(own.properties as object | undefined) } },
      };
    },
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Gantry configuration',
    ...configShape,
    properties: {
      ...properties,
      dicom: { ...dicom, properties: { ...dicom.properties, aeTitles: { ...aeTitles, additionalProperties: rules } } },
      jobs: { ...jobs, additionalProperties: { type: 'object', required: ['backend'], properties: { backend }, allOf: choices } },
    },
  };
}
