import { Context } from '@temporalio/activity';
import type { AwaitSpaceInput } from '../workflow/contract.ts';
import { startHeartbeat } from './heartbeat.ts';
import { mayRun, waitingForSpace } from './space-rules.ts';
import type { WorkerParts } from './worker-parts.ts';

const lookEveryMs = 1_000;
/** Looks in a row that must find space: at the very limit it comes and goes. */
const steadyLooks = 3;

/** Ends when steps of a kind may go on. Tells meanwhile, in its heartbeat, how much space there is. */
export async function awaitSpace({ storage, config }: WorkerParts, { use }: AwaitSpaceInput, everyMs = lookEveryMs): Promise<null> {
  const context = Context.current();
  const heartbeat = startHeartbeat(context);
  let told = '';
  try {
    for (let found = 0; ; ) {
      const space = await storage.space();
      found = mayRun(use, space, config.storage.belowReserve) ? found + 1 : 0;
      if (found === steadyLooks) return null;
      const note = waitingForSpace(space);
      if (note !== told) heartbeat.progress(0, null, note);
      told = note;
      await context.sleep(everyMs);
    }
  } finally {
    heartbeat.stop();
  }
}
