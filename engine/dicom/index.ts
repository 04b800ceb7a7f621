export type { DicomElement } from './dataset-writer.ts';
export { type DicomFile, writeDicomFile } from './dicom-file.ts';
export { attributeKeywords, attributeNamed, type DicomAttribute } from './dictionary.ts';
export { readAttributes, readFileFacts } from './facts.ts';
export type { DicomValue, FileFacts, ReadAttributes, ReadFileFacts } from './facts-contract.ts';
export { part10Header } from './part10.ts';
export { makePhantom, type Phantom, type PhantomFile, type PhantomOptions } from './phantom.ts';
export { createReceiver, type Receiver, type ReceiverOptions } from './receiver.ts';
export type {
  AssociationInfo,
  AssociationProposal,
  AssociationSummary,
  IncomingInstance,
  InstanceSink,
  ReceiverPolicy,
  Rejection,
  StoreStatus,
} from './receiver-contract.ts';
export { echo, sendFiles } from './sender.ts';
export type { Echo, OutgoingFile, Peer, SendFiles, SendOptions, SendResult } from './sender-contract.ts';
export { storeStatus } from './status.ts';
export { isValidUid, newUid } from './uid.ts';
