import { watch } from 'chokidar';
import type { PinnedDefinition } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { WorkflowOptions } from './load-workflow.ts';
import { type FoundFiles, findWorkflowFiles } from './workflow-files.ts';
import { type Generation, nextGeneration } from './workflow-generation.ts';

export interface WorkflowWatch {
  /** By file: the last good version of each. New runs take these. */
  current(): ReadonlyMap<string, PinnedDefinition>;
  /** What is wrong with the files as they are now, also with those whose last good version is still in force. */
  diagnostics(): readonly Diagnostic[];
  close(): Promise<void>;
}

/** For mounts that tell of no change (NFS, some Docker binds). */
const rescanMs = 2_000;
/** An editor may write a file in pieces, and half a workflow can be a valid one: a change counts when it reads the same twice. */
const settleMs = 150;

/**
 * Watches a folder of workflow files and keeps the last good version of each; resolves when the folder has been read once. A
 * change takes effect within 5 s and is told to `onChange`; where that rejects it is told again at the next reading.
 */
export async function watchWorkflows(
  folder: string,
  options: WorkflowOptions,
  onChange: (generation: Generation) => void | Promise<void>,
): Promise<WorkflowWatch> {
  let seen = await findWorkflowFiles([folder]);
  let seenAt = Date.now();
  let applied = seen;
  let generation = nextGeneration({ current: new Map(), diagnostics: [], texts: new Map() }, seen, options);
  let untold = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = 0;
  let scanning: Promise<void> | undefined;

  const scan = async (): Promise<void> => {
    const found = await findWorkflowFiles([folder]);
    if (closed) return;
    if (!isSame(found, seen)) {
      seen = found;
      seenAt = Date.now();
    }
    if (!isSame(found, applied)) {
      const unsettledMs = seenAt + settleMs - Date.now();
      if (unsettledMs > 0) return scheduleIn(unsettledMs);
      applied = found;
      generation = nextGeneration(generation, found, options);
      untold = true;
    }
    if (untold) {
      try {
        await onChange(generation);
        untold = false;
      } catch {
        // The listener tells of its own failures; it is asked again.
      }
    }
    scheduleIn(rescanMs);
  };

  function scheduleIn(ms: number): void {
    if (closed || (timer !== undefined && dueAt <= Date.now() + ms)) return;
    clearTimeout(timer);
    dueAt = Date.now() + ms;
    timer = setTimeout(() => {
      timer = undefined;
      // A change that is told during a reading is looked at after it.
      scanning = (scanning ?? Promise.resolve()).then(scan).catch(() => scheduleIn(rescanMs));
    }, ms);
  }

  // Nothing is ignored: a ConfigMap's files are links into `..data`, and the swap of that one is all that chokidar tells of.
  const watcher = watch(folder, { depth: 0, ignoreInitial: true });
  watcher.on('all', () => scheduleIn(0));
  // What changed while it began to watch it has not told.
  watcher.on('ready', () => scheduleIn(0));
  // The slow reading goes on whatever the watcher suffers.
  watcher.on('error', () => scheduleIn(0));
  scheduleIn(rescanMs);

  return {
    current: () => generation.current,
    diagnostics: () => generation.diagnostics,
    async close() {
      closed = true;
      clearTimeout(timer);
      await watcher.close();
      await scanning;
    },
  };
}

function isSame(a: FoundFiles, b: FoundFiles): boolean {
  if (a.texts.size !== b.texts.size || a.diagnostics.length !== b.diagnostics.length) return false;
  for (const [file, text] of a.texts) if (b.texts.get(file) !== text) return false;
  return a.diagnostics.every(
    ({ file, message }, index) => file === b.diagnostics[index]?.file && message === b.diagnostics[index]?.message,
  );
}
