import { Buffer } from 'node:buffer';
import { associateFixedLength, encodeItems, itemType, readItems, withItems } from './associate-items.ts';

/** Operations invoked and performed: one at a time each. */
const window = { type: itemType.asynchronousOperationsWindow, value: Buffer.from([0, 1, 0, 1]) };

/** An A-ASSOCIATE-AC that answers a proposed asynchronous operations window with 1/1 (PS3.7 §D.3.3.3.2); the library leaves out just that. */
export function withWindow(pdu: Buffer): Buffer {
  const items = readItems(pdu.subarray(associateFixedLength)) ?? [];
  return withItems(
    pdu,
    items.map(({ type, value }) =>
      type === itemType.userInformation ? { type, value: Buffer.concat([value, encodeItems([window])]) } : { type, value },
    ),
  );
}
