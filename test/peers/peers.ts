import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Debian's tools, by the programs that tests run. */
const programs = {
  dcmtk: ['storescu', 'storescp', 'echoscu', 'dcmsend', 'dcmconv', 'dcmcrle', 'dcmcjpeg', 'dcmcjpls', 'dcmdump', 'dump2dcm', 'findscu'],
  orthanc: ['Orthanc'],
  gdcm: ['gdcmconv', 'gdcmscu'],
  pynetdicom: ['python'],
  openssl: ['openssl'],
} as const;

export type PeerName = keyof typeof programs;
export type PeerPrograms<Name extends PeerName> = Readonly<Record<(typeof programs)[Name][number], string>>;

/** What is needed of node:test's TestContext. */
interface Skippable {
  skip(message: string): void;
}

/** dcmtk leaves Nagle's algorithm on unless told otherwise: every small message would wait 40 ms for an acknowledgement. */
export const peerEnvironment: NodeJS.ProcessEnv = { ...process.env, TCP_NODELAY: '1' };

/**
 * Paths of a real peer's programs. Where it is not installed the test is skipped, loudly, and null answered: return then. In CI that is a
 * failure instead: a suite that quietly tests nothing is worse than a red one.
 */
export function requirePeer<Name extends PeerName>(t: Skippable, name: Name): PeerPrograms<Name> | null {
  const paths = programs[name].map((program) => [program, program === 'python' ? findPython() : findProgram(program)] as const);
  const missing = paths.filter(([, path]) => path === null).map(([program]) => program);
  if (missing.length === 0) return Object.fromEntries(paths) as PeerPrograms<Name>;
  const message = `${name} is not installed (no ${missing.join(', ')}): npm test installs it where it may`;
  if (process.env.CI === 'true') throw new Error(message);
  console.error(`SKIPPED: ${message}`);
  t.skip(message);
  return null;
}

function findProgram(program: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(existsSync) ?? null;
}

/** A Python that has pynetdicom: GANTRY_TEST_PYTHON, or the one that test/peers/prepare.ts installed. */
function findPython(): string | null {
  const candidates = [process.env.GANTRY_TEST_PYTHON, resolve(import.meta.dirname, '../.cache/venv/bin/python')];
  return candidates.find((path): path is string => path !== undefined && existsSync(path)) ?? null;
}
