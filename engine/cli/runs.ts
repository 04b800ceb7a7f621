import { GantryError } from '../errors/index.ts';
import { connectRuns, type RunRow, runUrl } from '../temporal/index.ts';
import { type CommonOptions, dataFolder } from './common.ts';
import { note, print, printJson, printTable } from './print.ts';
import { type EngineState, runningEngine } from './running-engine.ts';

type Runs = Awaited<ReturnType<typeof connectRuns>>['runs'];

async function withRuns<T>(options: CommonOptions, use: (runs: Runs, engine: EngineState) => Promise<T>): Promise<T> {
  const engine = await runningEngine(dataFolder(options));
  const { runs, close } = await connectRuns(engine.temporal);
  try {
    return await use(runs, engine);
  } finally {
    await close();
  }
}

export async function list(options: CommonOptions & { workflow?: string; status?: string }): Promise<void> {
  const { workflow, status } = options;
  const rows = await withRuns(options, (runs) =>
    runs.list({ ...(workflow === undefined ? {} : { workflow }), ...(status === undefined ? {} : { status }) }),
  );
  if (options.json) return printJson(rows);
  if (rows.length === 0) return note('no runs yet: send something to an AE title that a workflow names');
  printTable(
    ['STATUS', 'STAGE', 'INSTANCES', 'STARTED', 'WORKFLOW ID'],
    rows.map((row) => [
      row.parked ? 'PARKED' : row.status,
      row.stage ?? '',
      String(row.instances),
      row.startedAt.slice(0, 19),
      row.workflowId,
    ]),
  );
}

export async function show(workflowId: string, options: CommonOptions): Promise<void> {
  await withRuns(options, async (runs, engine) => {
    const run = await runs.show(workflowId);
    if (run === null) throw new GantryError('GY804', `no run of "${workflowId}" is known`);
    if (options.json) return printJson(run);
    print(`${run.title}: ${statusOf(run)}, ${run.instances} instances`);
    print(
      `${run.workflowId}  (definition ${run.definition ?? 'unknown'}${run.waiting > 0 ? `, ${run.waiting} groups wait behind it` : ''})`,
    );
    print();
    printTable(
      ['STEP', 'USES', 'STATE', 'ATTEMPTS', 'STARTED', 'ENDED', 'NOTE'],
      run.steps.map((step) => [
        step.id,
        step.uses,
        step.state,
        String(step.attempts),
        step.startedAt?.slice(11, 19) ?? '',
        step.endedAt?.slice(11, 19) ?? '',
        step.error === null
          ? (step.note ?? '')
          : `${step.error.code}: ${step.error.message}${step.error.hint === null ? '' : ` (${step.error.hint})`}`,
      ]),
    );
    const { uiUrl, namespace } = engine.temporal;
    if (uiUrl !== null) print(`\n${runUrl(uiUrl, namespace, run.workflowId, run.runId)}`);
  });
}

const statusOf = (run: RunRow): string => (run.parked ? `PARKED at ${run.stage}` : run.status);

export async function signal(
  name: 'retry' | 'skip' | 'fail' | 'complete-now',
  workflowId: string,
  options: CommonOptions & { step?: string; reason?: string },
): Promise<void> {
  const { step, reason } = options;
  const detail = { ...(step === undefined ? {} : { step }), ...(reason === undefined ? {} : { reason }) };
  await withRuns(options, (runs) => known(workflowId, () => runs.signal(workflowId, name, detail)));
  note(`${name} sent to ${workflowId}`);
}

export async function cancel(workflowId: string, options: CommonOptions): Promise<void> {
  await withRuns(options, (runs) => known(workflowId, () => runs.cancel(workflowId)));
  note(`cancellation asked of ${workflowId}; its finally steps run first`);
}

async function known(workflowId: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError')
      throw new GantryError('GY804', `no open run of "${workflowId}" is known`, { cause: error });
    throw error;
  }
}
