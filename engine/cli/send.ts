import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type OutgoingFile, type Peer, readFileFacts, sendFiles } from '../dicom/index.ts';
import { GantryError } from '../errors/index.ts';
import { type CommonOptions, dataFolder } from './common.ts';
import { formatBytes, note, printable, printJson, progressBar } from './print.ts';
import { requireConfig } from './require-config.ts';
import { runningEngine } from './running-engine.ts';

interface SendCommandOptions extends CommonOptions {
  readonly to?: string;
  readonly called?: string;
  readonly from?: string;
  readonly associations: string;
}

export async function send(paths: readonly string[], options: SendCommandOptions): Promise<void> {
  const config = await requireConfig(options);
  const files = await dicomFiles(paths.map((path) => resolve(path)));
  if (files.length === 0) throw new GantryError('GY803', 'no DICOM file was found');
  const peer = await peerOf(options, config.dicom.destinations);
  const bar = progressBar(`→ ${peer.aeTitle}`, files.length);
  const startedAt = Date.now();
  let done = 0;
  const results = await sendFiles(peer, files, {
    callingAeTitle: options.from ?? config.dicom.aeTitle,
    associations: Number(options.associations),
    onResult: () => {
      done += 1;
      bar.tick(done);
    },
  });
  const stored = results.filter(({ outcome }) => outcome === 'stored' || outcome === 'warning').length;
  const sizes = await Promise.all(files.map(({ path }) => stat(path)));
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  bar.end(
    `${stored} of ${files.length} stored by ${peer.aeTitle}, ${formatBytes(bytes)} in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`,
  );
  if (options.json) printJson(results);
  else
    for (const result of results)
      if (result.outcome !== 'stored') note(`${result.outcome} ${result.sopInstanceUid}: ${printable(result.detail ?? '')}`);
  if (stored < files.length) process.exitCode = 1;
}

/** `AE@host:port`, a configured name, or the running engine. */
async function peerOf({ to, called, ...options }: SendCommandOptions, destinations: Readonly<Record<string, Peer>>): Promise<Peer> {
  if (to === undefined || to === '') {
    const { dicom } = await runningEngine(dataFolder(options));
    if (called === undefined) throw new GantryError('GY806', 'which AE title of the engine is meant?');
    if (dicom === null) throw new GantryError('GY811', 'the engine here takes TLS only');
    return { aeTitle: called, ...dicom };
  }
  const named = destinations[to];
  if (named !== undefined) return named;
  const parts = /^(?:(.+)@)?([^@]+):(\d+)$/.exec(to);
  const aeTitle = called ?? parts?.[1];
  const host = parts?.[2];
  if (aeTitle === undefined || host === undefined)
    throw new GantryError('GY807', `"${printable(to)}" is neither AETITLE@HOST:PORT nor a configured destination`);
  return { aeTitle, host, port: Number(parts?.[3]) };
}

/** Every Part 10 file of the paths, folders searched through; other files are left out. */
async function dicomFiles(paths: readonly string[]): Promise<OutgoingFile[]> {
  const found: OutgoingFile[] = [];
  for (const path of paths) {
    if ((await stat(path)).isDirectory()) {
      const names = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      const inside = names.map((entry) => join(entry.parentPath, entry.name)).sort();
      for (const file of inside) await add(file);
    } else await add(path);
  }
  return found;

  async function add(path: string): Promise<void> {
    const facts = await readFileFacts(path).catch(() => null);
    if (facts === null || facts.sopInstanceUid === null || facts.sopClassUid === null) return note(`not a DICOM file: ${path}`);
    const { sopInstanceUid, sopClassUid, transferSyntaxUid } = facts;
    found.push({ path, sopInstanceUid, sopClassUid, transferSyntaxUid });
  }
}
