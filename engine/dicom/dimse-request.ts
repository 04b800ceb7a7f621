import { Buffer } from 'node:buffer';
import { commandField } from './command-set.ts';
import { type DicomElement, encodeDataset } from './dataset-writer.ts';

/** A request to write, and what its response must name. */
export interface DimseRequest {
  readonly commandField: number;
  readonly messageId: number;
  /** Group 0000, Implicit VR Little Endian (PS3.7 §6.3.1). */
  readonly commandSet: Buffer;
}

/** (0000,0800): anything but 0101 says that a dataset follows (PS3.7 §E.1). */
const datasetFollows = 0x0001;
const noDataset = 0x0101;
const mediumPriority = 0x0000;

/** C-STORE-RQ, PS3.7 Table 9.3-1. */
export function storeRequest(messageId: number, sopClassUid: string, sopInstanceUid: string): DimseRequest {
  return request(commandField.store, messageId, [
    { tag: 0x00000002, vr: 'UI', value: sopClassUid },
    { tag: 0x00000700, vr: 'US', value: mediumPriority },
    { tag: 0x00000800, vr: 'US', value: datasetFollows },
    { tag: 0x00001000, vr: 'UI', value: sopInstanceUid },
  ]);
}

/** C-ECHO-RQ, PS3.7 Table 9.3-12. */
export function echoRequest(messageId: number, sopClassUid: string): DimseRequest {
  return request(commandField.echo, messageId, [
    { tag: 0x00000002, vr: 'UI', value: sopClassUid },
    { tag: 0x00000800, vr: 'US', value: noDataset },
  ]);
}

function request(field: number, messageId: number, elements: readonly DicomElement[]): DimseRequest {
  const command = encodeDataset(
    [...elements, { tag: 0x00000100, vr: 'US', value: field }, { tag: 0x00000110, vr: 'US', value: messageId }],
    false,
  );
  const groupLength = encodeDataset([{ tag: 0x00000000, vr: 'UL', value: command.length }], false);
  return { commandField: field, messageId, commandSet: Buffer.concat([groupLength, command]) };
}
