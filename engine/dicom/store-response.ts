import type { DimseResponse } from './dimse-response.ts';
import type { SendResult } from './sender-contract.ts';

type Outcome = Pick<SendResult, 'outcome' | 'status' | 'detail'>;

/** PS3.7 §C.4: the SCP has the instance, and something to say. Bxxx are the storage service's own (PS3.4 Table B.2-1). */
const generalWarnings: ReadonlySet<number> = new Set([0x0107, 0x0116]);
const duplicateSopInstance = 0x0111;

/** PS3.4 Table B.2-1, PS3.7 Annex C; by status, or by its first digits. */
const meanings: Readonly<Record<string, string>> = {
  '0105': 'no such attribute',
  '0106': 'invalid attribute value',
  '0107': 'attribute list error',
  '0110': 'processing failure',
  '0111': 'duplicate SOP instance',
  '0112': 'no such SOP instance',
  '0115': 'invalid argument value',
  '0116': 'attribute value out of range',
  '0117': 'invalid SOP instance',
  '0118': 'no such SOP class',
  '0122': 'SOP class not supported',
  '0124': 'not authorized',
  '0210': 'duplicate invocation',
  '0211': 'unrecognized operation',
  '0212': 'mistyped argument',
  '0213': 'resource limitation',
  A7: 'out of resources',
  A9: 'dataset does not match SOP class',
  B000: 'coercion of data elements',
  B006: 'elements discarded',
  B007: 'dataset does not match SOP class',
  C: 'cannot understand',
};

/** What a C-STORE response says of its instance. A duplicate is stored: the peer has that SOP Instance already. */
export function storeOutcome({ status, comment }: DimseResponse): Outcome {
  if (status === 0x0000) return { outcome: 'stored', status, detail: comment };
  const detail = describeStatus(status, comment);
  if (status === duplicateSopInstance) return { outcome: 'stored', status, detail };
  const warning = (status & 0xf000) === 0xb000 || generalWarnings.has(status);
  return { outcome: warning ? 'warning' : 'refused', status, detail };
}

/** `A700 out of resources: disk full` */
export function describeStatus(status: number, comment: string | null): string {
  const code = status.toString(16).toUpperCase().padStart(4, '0');
  const meaning = meanings[code] ?? meanings[code.slice(0, 2)] ?? meanings[code.slice(0, 1)];
  const words = meaning === undefined ? code : `${code} ${meaning}`;
  return comment === null ? words : `${words}: ${comment}`;
}
