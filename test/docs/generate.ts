// Writes what is generated and checked in: docs/errors.md and schemas/: `npm run generate`
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeSchemas } from '../../engine/config/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { plugins } from '../../plugins/index.ts';
import { errorsPage } from './errors-page.ts';

const root = resolve(import.meta.dirname, '../..');
await writeFile(join(root, 'docs/errors.md'), errorsPage());
await writeSchemas(join(root, 'schemas'), createRegistry(plugins));
