// Writes what is generated and checked in: docs/conformance.md, docs/errors.md, docs/interop.md and schemas/: `npm run generate`
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeSchemas } from '../../engine/config/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { plugins } from '../../plugins/index.ts';
import { interopPage } from '../interop/interop-page.ts';
import { conformancePage } from './conformance-page.ts';
import { errorsPage } from './errors-page.ts';

const root = resolve(import.meta.dirname, '../..');
await writeFile(join(root, 'docs/conformance.md'), await conformancePage());
await writeFile(join(root, 'docs/errors.md'), errorsPage());
await writeFile(join(root, 'docs/interop.md'), interopPage());
await writeSchemas(join(root, 'schemas'), createRegistry(plugins));
