// The engine without Temporal and worker, whose place stand-ins take: it starts in half a second. For receiving.test.ts.
import { replaceModules } from './replace-modules.ts';

replaceModules({
  '../../engine/temporal/index.ts': './stand-in-temporal.ts',
  '../../engine/worker/index.ts': './stand-in-worker.ts',
});
const { runEngine } = await import('./run-engine.ts');
await runEngine();
