import { activityInfo, Context } from '@temporalio/activity';
import { shortHash } from '../language/index.ts';
import { validateOptions, validateOutput } from '../plugin/host.ts';
import type { Step, StepContext, StepLogger } from '../plugin/index.ts';
import type { StepCall } from '../workflow/contract.ts';
import { createClaims } from './claims.ts';
import { createDestinations } from './destinations.ts';
import { groupTotals } from './group-totals.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createInstances } from './instances.ts';
import { createJobs } from './jobs.ts';
import type { WorkerParts } from './worker-parts.ts';

/** A step that does not answer its cancellation is left behind after this, so that its run can go on. Longer than any grace of a back-end. */
const cancelGraceMs = 30_000;

/** Runs one attempt of a step: options checked, everything it may touch at hand, output checked. Throws what the step throws; GY601, GY602. */
export async function runStep(parts: WorkerParts, name: string, step: Step, call: StepCall): Promise<unknown> {
  const options = validateOptions(step.options, call.options, `step "${call.step}" (${name})`);
  const activity = Context.current();
  const heartbeat = startHeartbeat(activity);
  const ended = new AbortController();
  try {
    const context = await stepContext(parts, call, activity, heartbeat.progress);
    const output = await Promise.race([step.run(options, context), leftBehind(activity.cancellationSignal, ended.signal, context.log)]);
    parts.crashPoint?.('step-done');
    return validateOutput(step.output, output, `step "${call.step}" (${name})`);
  } finally {
    ended.abort();
    heartbeat.stop();
  }
}

async function stepContext(parts: WorkerParts, call: StepCall, activity: Context, progress: StepContext['progress']): Promise<StepContext> {
  const { ledger, storage, config, registry, sendFiles, readFileFacts, dataFolder } = parts;
  const { workflowExecution, workflowType } = activityInfo();
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  const { group, step, attempt } = call;
  const signal = activity.cancellationSignal;
  const log = stepLogger(parts, { workflowId, step, attempt });
  const idempotencyKey = `${workflowId}/${group}/${step}`;
  return {
    run: {
      workflow: workflowType ?? '',
      workflowId,
      runId,
      calledAeTitle: call.calledAeTitle,
      group: call.key,
      definition: shortHash(call.definition),
      outcome: call.outcome,
    },
    step: { id: step, attempt },
    idempotencyKey,
    totals: await groupTotals(ledger, group),
    signal,
    log,
    progress,
    instances: createInstances({ group, set: await ledger.groupSet(group), ledger, storage, readFileFacts, signal }),
    destinations: createDestinations(config.dicom, sendFiles, { storage, rules: config.storage.belowReserve }),
    jobs: createJobs({ config, dataFolder, group, step, registry, storage, context: { signal, log, progress, idempotencyKey, attempt } }),
    journal: { read: () => ledger.journal(idempotencyKey), write: (entries) => ledger.journalWrite(idempotencyKey, entries) },
    claims: createClaims(call, ledger, dataFolder),
  };
}

function stepLogger({ log }: WorkerParts, about: Readonly<Record<string, string | number>>): StepLogger {
  return {
    info: (message, fields) => log.info(message, { ...fields, ...about }),
    warn: (message, fields) => log.warn(message, { ...fields, ...about }),
    error: (message, fields) => log.error(message, { ...fields, ...about }),
  };
}

/** Rejects some time after the cancellation, unless the step has ended; never resolves. */
function leftBehind(cancelled: AbortSignal, ended: AbortSignal, log: StepLogger): Promise<never> {
  return new Promise((_, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      timer = setTimeout(() => {
        log.error('a step does not end though it was cancelled; it is left behind');
        reject(cancelled.reason);
      }, cancelGraceMs);
    };
    ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
    if (cancelled.aborted) wait();
    else cancelled.addEventListener('abort', wait, { once: true, signal: ended });
  });
}
