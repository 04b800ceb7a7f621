import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fatal, type PluginError } from '../../engine/plugin/index.ts';

/** A result travels in payloads of the run; Temporal warns at 512 kB for one. */
const maxBytes = 256 * 1024;

/** A job's `output.json`, parsed; null where there is none. Throws `OutputInvalid`, fatal. */
export async function readResult(file: string): Promise<unknown> {
  const invalid = (what: string): PluginError => fatal('OutputInvalid', `output.json ${what}`);
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw invalid(`cannot be read (${error.code})`);
    },
  );
  if (handle === null) return null;
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw invalid('is not a file');
    if (facts.size > maxBytes) throw invalid(`is larger than ${maxBytes / 1024} kB`);
    const text = await handle.readFile('utf8');
    try {
      return JSON.parse(text);
    } catch {
      // The parser's message quotes the text, which may name a patient.
      throw invalid('is not JSON');
    }
  } finally {
    await handle.close();
  }
}
