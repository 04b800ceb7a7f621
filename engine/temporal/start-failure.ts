import { GantryError } from '../errors/index.ts';
import { notWritable } from './data-folder.ts';
import { loopback } from './ports.ts';

export interface StartFailure {
  readonly dataFolder: string;
  readonly database: string;
  /** The server's last words in its log, on one line. */
  readonly words: string;
  /** How it ended, or that it did not answer. */
  readonly how: string;
}

/** The error for a server that did not start, told from what it wrote: GY503, GY504, else GY507. */
export function startFailure({ dataFolder, database, words, how }: StartFailure): GantryError {
  const [, port, why = ''] = cannotListen.exec(words) ?? [];
  if (port !== undefined) return portNotToBeHad(Number(port), isTaken(words) ? 'taken' : `not to be had: ${why}`);
  if (/unable to open database file|readonly database|permission denied|no space left|disk is full/i.test(words))
    return notWritable(dataFolder, words);
  if (/not a database|malformed/i.test(words)) {
    return new GantryError('GY507', `the Temporal database ${database} is damaged: ${words}`, {
      mend: 'Move it away to begin with an empty history; instances are kept',
    });
  }
  return new GantryError('GY507', `the Temporal server did not start: ${how}${words === '' ? '' : `: ${words}`}`);
}

/** "Error: can't set frontend port 7233: listen tcp 127.0.0.1:7233: bind: address already in use" */
const cannotListen = /listen tcp \S+:(\d+): (?:bind: )?(.*)$/;

export const isTaken = (words: string): boolean => cannotListen.exec(words)?.[2] === 'address already in use';

export const portNotToBeHad = (port: number, why: string): GantryError =>
  new GantryError('GY503', `the port ${port} on ${loopback}, meant for the Temporal server, is ${why}`);
