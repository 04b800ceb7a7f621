import type { ReadAttributes } from '../dicom/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { PluginRegistry } from '../plugin/index.ts';
import type { Storage } from '../storage/index.ts';
import type { IntakeCrashPoint } from './crash-point.ts';
import { type Loop, startLoop } from './loop.ts';
import { match, type WorkflowsInForce } from './match.ts';

export interface RouterOptions {
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly registry: PluginRegistry;
  readonly readAttributes: ReadAttributes;
  readonly workflowIdOf: (workflow: string, calledAeTitle: string, key: string) => string;
  readonly log: Log;
  workflows(): WorkflowsInForce;
  /** Groups may want a run, or files may be due for deletion. */
  onRouted(): void;
  /** For tests: where the process may end. */
  crashPoint?(at: IntakeCrashPoint): void;
}

/** Instances routed in one transaction. */
const batch = 200;

/** Routes recorded instances in the order of their recording; what a crash left unrouted is routed at the next start. */
export function startRouter(options: RouterOptions): Loop {
  const { ledger, storage, registry, workflows, readAttributes, workflowIdOf, log, onRouted, crashPoint } = options;
  return startLoop({
    name: 'routing',
    everyMs: 1_000,
    log,
    async pass() {
      const rows = await ledger.unrouted(batch);
      if (rows.length === 0) return false;
      const inForce = workflows();
      const routings = await Promise.all(
        rows.map((instance) =>
          match({ instance, file: storage.resolve(instance.path), workflows: inForce, registry, readAttributes, workflowIdOf }),
        ),
      );
      await ledger.route(routings);
      crashPoint?.('routed');
      onRouted();
      return rows.length === batch;
    },
  });
}
