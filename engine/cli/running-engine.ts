import { readFile, rm, writeFile } from 'node:fs/promises';
import type { Engine } from '../engine.ts';
import { GantryError } from '../errors/index.ts';
import { engineFile } from './common.ts';

/** What a running engine leaves in its data folder, and removes when it ends. */
export interface EngineState {
  readonly pid: number;
  /** Without TLS, and with it; null where it does not listen so. */
  readonly dicom: { readonly host: string; readonly port: number } | null;
  readonly dicomTls: { readonly host: string; readonly port: number } | null;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  readonly startedAt: string;
}

/** Finds the engine that runs on a data folder. Throws GY802 where none does. */
export async function runningEngine(folder: string): Promise<EngineState> {
  const state = await engineState(folder);
  if (state !== null) return state;
  throw new GantryError('GY802', `no engine is running on ${folder}`);
}

/** null where no engine runs: no file, or one left by a process that is gone. */
export async function engineState(folder: string): Promise<EngineState | null> {
  const text = await readFile(engineFile(folder), 'utf8').catch(() => null);
  if (text === null) return null;
  const state = JSON.parse(text) as EngineState;
  return isAlive(state.pid) ? state : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Written once the engine is ready, so that commands find it. */
export async function writeEngineFile(
  folder: string,
  { dicom, dicomTls, temporal }: Pick<Engine, 'dicom' | 'dicomTls' | 'temporal'>,
): Promise<void> {
  const state: EngineState = { pid: process.pid, dicom, dicomTls, temporal, startedAt: new Date().toISOString() };
  await writeFile(engineFile(folder), JSON.stringify(state, null, 2));
}

export const removeEngineFile = (folder: string): Promise<void> => rm(engineFile(folder), { force: true });

/** Where an engine listens for DICOM, for people. */
export function spellListening({ dicom, dicomTls }: Pick<EngineState, 'dicom' | 'dicomTls'>): string {
  const plain = dicom === null ? [] : [`${dicom.host}:${dicom.port}`];
  return [...plain, ...(dicomTls === null ? [] : [`${dicomTls.host}:${dicomTls.port} with TLS`])].join(' and ');
}
