import { GantryError } from '../errors/index.ts';

/** PS3.8 Table 9-21: reasons by source. Those that are reserved, and what no table has, are told by number. */
const reasons: Readonly<Record<string, string>> = {
  '1/1': 'no reason given',
  '1/2': 'application context name not supported',
  '1/3': 'calling AE title not recognized',
  '1/7': 'called AE title not recognized',
  '2/1': 'no reason given',
  '2/2': 'protocol version not supported',
  '3/1': 'temporary congestion',
  '3/2': 'local limit exceeded',
};

const transient = 2;

/** An A-ASSOCIATE-RJ in words: GY331 where the peer calls it transient, GY332 otherwise. */
export function rejectedAssociation(result: number, source: number, reason: number): GantryError {
  const why = reasons[`${source}/${reason}`] ?? 'unknown reason';
  const message = `the peer rejected the association: ${why} (${result}/${source}/${reason})`;
  return new GantryError(result === transient ? 'GY331' : 'GY332', message);
}
