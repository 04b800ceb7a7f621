import { createRequire } from 'node:module';
import { runPeer } from './sender.ts';
import type { SenderName } from './table.ts';

/** What a sender says it is. */
export async function versionOf(
  name: SenderName,
  programs: {
    readonly storescu: string;
    readonly dcmsend: string;
    readonly gdcmscu: string;
    readonly python?: string;
    readonly Orthanc?: string;
  },
): Promise<string> {
  const { storescu, dcmsend, gdcmscu, python = '', Orthanc = '' } = programs;
  const commands: Readonly<Record<Exclude<SenderName, 'dcmjs-dimse'>, readonly [string, ...string[]]>> = {
    storescu: [storescu, '--version'],
    dcmsend: [dcmsend, '--version'],
    gdcmscu: [gdcmscu, '--version'],
    pynetdicom: [python, '-c', 'import pynetdicom; print(pynetdicom.__version__)'],
    Orthanc: [Orthanc, '--version'],
  };
  if (name === 'dcmjs-dimse') return `${name} ${createRequire(import.meta.url)('dcmjs-dimse').version}`;
  const [program, ...args] = commands[name];
  return `${name} ${/\d+\.\d+\.\d+/.exec(await runPeer(program, args))?.[0] ?? 'of unknown version'}`;
}
