import type { DimseResponse } from './dimse-response.ts';
import type { SendResult } from './sender-contract.ts';
import { statusMeaning } from './status.ts';

type Outcome = Pick<SendResult, 'outcome' | 'status' | 'detail'>;

/** PS3.7 §C.4: the SCP has the instance, and something to say. Bxxx are the storage service's own (PS3.4 Table B.2-1). */
const generalWarnings: ReadonlySet<number> = new Set([0x0107, 0x0116]);
const duplicateSopInstance = 0x0111;

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
  const meaning = statusMeaning(status);
  const words = meaning === null ? code : `${code} ${meaning}`;
  return comment === null ? words : `${words}: ${comment}`;
}
