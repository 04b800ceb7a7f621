// The whole engine, to be killed. For engine.test.ts.
import { replaceModules } from './replace-modules.ts';

replaceModules({ '../../engine/worker/bundle-workflows.ts': './bundle-once.ts' });
const { runEngine } = await import('./run-engine.ts');
await runEngine();
