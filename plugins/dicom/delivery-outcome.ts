import { type DeliveryResult, printable } from '../../engine/plugin/index.ts';

/** PS3.7 §C.4.7 Duplicate SOP Instance: the destination has it already. */
const duplicateSopInstance = 0x0111;

/** How an instance arrived, null where it did not. */
export function arrival({ outcome, status }: DeliveryResult): 'stored' | 'warning' | null {
  if (outcome === 'stored' || outcome === 'warning') return outcome;
  return status === duplicateSopInstance ? 'stored' : null;
}

/**
 * Whether sending the same instance again gives the same answer: no presentation context for it (refused without a
 * status), 0122 SOP class not supported, 0124 not authorized (PS3.7 Annex C), A9xx and Cxxx (PS3.4 Table B.2-1). Not so
 * A7xx out of resources, 0110 processing failure, and what was not sent at all.
 */
export function isPermanent({ outcome, status }: DeliveryResult): boolean {
  if (outcome !== 'refused') return false;
  if (status === null) return true;
  return status === 0x0122 || status === 0x0124 || (status & 0xff00) === 0xa900 || (status & 0xf000) === 0xc000;
}

/** Why an instance did not arrive: `A700 out of resources`, `no presentation context accepted`. */
export function reason({ outcome, status, detail }: DeliveryResult): string {
  const code = status === null ? null : status.toString(16).toUpperCase().padStart(4, '0');
  const words = [code, detail === null ? null : printable(detail, 80)].filter((part) => part !== null && part !== '');
  return words.length === 0 ? outcome : words.join(' ');
}
