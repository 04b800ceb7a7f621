import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnostic } from './diagnostic.ts';

/** What the paths hold. */
export interface FoundFiles {
  /** By file. */
  readonly texts: ReadonlyMap<string, string>;
  /** Files and folders that could not be read. */
  readonly diagnostics: readonly Diagnostic[];
  /** False where a folder could not be listed: what it held before may still be there. */
  readonly complete: boolean;
}

/** A workflow's file; scenario files beside it are for simulations, hidden ones are an editor's or a ConfigMap's own. */
const isWorkflowFile = (name: string): boolean => /\.ya?ml$/.test(name) && !/\.scenario\.ya?ml$/.test(name) && !name.startsWith('.');

/** Reads the workflow files of folders, not of folders below them, and files that are named outright; symlinks are followed. */
export async function findWorkflowFiles(paths: readonly string[]): Promise<FoundFiles> {
  const texts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  let complete = true;
  for (const path of paths) {
    try {
      const isFolder = (await stat(path)).isDirectory();
      const names = isFolder ? (await readdir(path)).filter(isWorkflowFile).sort() : null;
      for (const file of names?.map((name) => join(path, name)) ?? [path]) await read(file, names !== null);
    } catch (error) {
      complete = false;
      diagnostics.push(unreadable(path, error));
    }
  }
  return { texts, diagnostics, complete };

  async function read(file: string, listed: boolean): Promise<void> {
    try {
      texts.set(file, await readFile(file, 'utf8'));
    } catch (error) {
      // Gone since the folder was listed, or a folder with such a name.
      if (listed && ['ENOENT', 'EISDIR'].includes(codeOf(error))) return;
      diagnostics.push(unreadable(file, error));
    }
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

const unreadable = (file: string, error: unknown): Diagnostic => ({
  code: 'GY223',
  severity: 'error',
  message: `cannot be read (${codeOf(error)})`,
  file,
  line: 1,
  column: 1,
  length: 1,
  hint: null,
});
