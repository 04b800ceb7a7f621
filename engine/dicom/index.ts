export { AssociationPlaces } from './association-places.ts';
export { datasetDigest } from './dataset-digest.ts';
export type { DicomElement } from './dataset-writer.ts';
export { type DicomFile, writeDicomFile } from './dicom-file.ts';
export { attributeKeywords, attributeNamed, type DicomAttribute } from './dictionary.ts';
export { readAttributes, readDatasetFacts, readFileFacts } from './facts.ts';
export type { DatasetFacts, DicomValue, FileFacts, ReadAttributes, ReadDatasetFacts, ReadFileFacts } from './facts-contract.ts';
export { part10Header } from './part10.ts';
export { makePhantom, type Phantom, type PhantomFile, type PhantomOptions } from './phantom.ts';
export { plainAddress } from './plain-address.ts';
export { createReceiver, type Receiver, type ReceiverOptions } from './receiver.ts';
export type {
  AssociationInfo,
  AssociationProposal,
  AssociationSummary,
  AssociationTerms,
  IncomingInstance,
  InstanceSink,
  ReceiverPolicy,
  RefusedContext,
  Rejection,
  StoreStatus,
} from './receiver-contract.ts';
export { echo, sendFiles } from './sender.ts';
export type { Echo, OutgoingFile, Peer, PeerTls, SendFiles, SendOptions, SendResult } from './sender-contract.ts';
export { isStandardStorageSopClass } from './sop-classes.ts';
export { storeStatus } from './status.ts';
export { expiredOf, expiriesOf, readTlsCredentials, type TlsCredentials, type TlsFiles } from './tls-credentials.ts';
export { isKnownTransferSyntax } from './transfer-syntaxes.ts';
export { isValidUid, newUid } from './uid.ts';
export { type TlsCredentialsWatch, watchTlsCredentials } from './watch-tls-credentials.ts';
