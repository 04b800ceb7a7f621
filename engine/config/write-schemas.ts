import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workflowSchema } from '../language/index.ts';
import type { PluginRegistry } from '../plugin/index.ts';
import { configSchema } from './schema.ts';

/** The schema files for the installed plugins, by name. */
export const schemaFiles = (registry: PluginRegistry): Readonly<Record<string, string>> => ({
  'workflow.schema.json': `${JSON.stringify(workflowSchema(registry), null, 2)}\n`,
  'config.schema.json': `${JSON.stringify(configSchema(registry), null, 2)}\n`,
});

/** Writes the schema files into a folder, which must exist. */
export async function writeSchemas(folder: string, registry: PluginRegistry): Promise<void> {
  for (const [name, text] of Object.entries(schemaFiles(registry))) await writeFile(join(folder, name), text);
}
