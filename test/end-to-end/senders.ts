import { spawn } from 'node:child_process';
import { peerEnvironment } from '../peers/peers.ts';
import type { Gantry } from './gantry-process.ts';
import { type CommandResult, collect } from './site.ts';

export interface Calling {
  /** Calling AE title, default MODALITY. */
  readonly from?: string;
  /** Called AE title. */
  readonly to: string;
  readonly args?: readonly string[];
}

/** Runs a peer's program that sends; `args` go before the files. */
const send = (program: string, args: readonly string[]): Promise<CommandResult> =>
  collect(spawn(program, args, { env: peerEnvironment, stdio: ['ignore', 'pipe', 'pipe'] }));

/** dcmtk's storescu or dcmsend. */
export const dcmtkSend = (program: string, { dicom }: Gantry, { from = 'MODALITY', to, args = [] }: Calling, ...paths: readonly string[]) =>
  send(program, ['-v', '-aet', from, '-aec', to, ...args, dicom.host, String(dicom.port), ...paths]);

/** pynetdicom's storescu: sends a dataset's bytes as they stand in the file. */
export const pynetdicomSend = (
  python: string,
  { dicom }: Gantry,
  { from = 'MODALITY', to, args = [] }: Calling,
  ...paths: readonly string[]
) => send(python, ['-m', 'pynetdicom', 'storescu', '-aet', from, '-aec', to, ...args, dicom.host, String(dicom.port), ...paths]);
