import { Buffer } from 'node:buffer';

/** PS3.8 §9.3.2 and §9.3.3, PS3.7 §D.3.3: types of the items of A-ASSOCIATE PDUs, and of those inside the user information. */
export const itemType = {
  applicationContext: 0x10,
  presentationContext: 0x20,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
  maximumLength: 0x51,
  implementationClassUid: 0x52,
  asynchronousOperationsWindow: 0x53,
  roleSelection: 0x54,
  implementationVersionName: 0x55,
  sopClassExtendedNegotiation: 0x56,
  sopClassCommonExtendedNegotiation: 0x57,
  userIdentity: 0x58,
} as const;

/** Protocol version, AE titles and reserved bytes precede the items: PDU header included, PS3.8 Tables 9-11 and 9-17. */
export const associateFixedLength = 74;

export interface Item {
  readonly type: number;
  readonly value: Buffer;
}

/** Items are a type, a reserved byte, a length and a value; null where one reaches beyond the end. */
export function readItems(bytes: Buffer): Item[] | null {
  const items: Item[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return null;
    const end = offset + 4 + bytes.readUInt16BE(offset + 2);
    if (end > bytes.length) return null;
    items.push({ type: bytes.readUInt8(offset), value: bytes.subarray(offset + 4, end) });
    offset = end;
  }
  return items;
}

/** Throws RangeError for a value above 65,535 bytes. */
export function encodeItems(items: readonly Item[]): Buffer {
  return Buffer.concat(
    items.flatMap(({ type, value }) => {
      const head = Buffer.from([type, 0, 0, 0]);
      head.writeUInt16BE(value.length, 2);
      return [head, value];
    }),
  );
}

/** An A-ASSOCIATE PDU with other items: its header and fixed fields stay, its length is theirs. */
export function withItems(pdu: Buffer, items: readonly Item[]): Buffer {
  const changed = Buffer.concat([pdu.subarray(0, associateFixedLength), encodeItems(items)]);
  changed.writeUInt32BE(changed.length - 6, 2);
  return changed;
}
