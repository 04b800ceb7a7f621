import { type Config, loadConfig } from '../../engine/config/index.ts';
import { implementationClassUid, implementationVersionName } from '../../engine/dicom/dimse.ts';
import { storageSopClassesElsewhere, storageSopClassRoot, verificationSopClassUid } from '../../engine/dicom/sop-classes.ts';
import { storeStatus } from '../../engine/dicom/status.ts';
import { tlsProfile } from '../../engine/dicom/tls-profile.ts';
import { transferSyntaxNames } from '../../engine/dicom/transfer-syntaxes.ts';

/** When each status is answered to C-STORE; the compiler asks for a line for each that the code has. */
const statuses: Readonly<Record<keyof typeof storeStatus, string>> = {
  success: 'The dataset is synced to disk and recorded in the ledger; or its SOP Class is one that the called AE title ignores.',
  outOfResources:
    'No space left on the disk, free space below the reserve, or the dataset is larger than `maxInstanceSizeGb`. Sending again later can help.',
  mismatch: 'SOP Class UID (0008,0016) or SOP Instance UID (0008,0018) of the dataset differs from the command.',
  cannotUnderstand: 'The dataset has no SOP Class or Instance UID, is cut off or malformed, has elements of group 0002, or is missing.',
  processingFailure: 'The instance could not be stored for another reason, for instance a read-only file system.',
  invalidInstance: 'The Affected SOP Instance UID is no UID.',
  sopClassNotSupported: 'The Affected SOP Class is not the abstract syntax of the presentation context.',
  unrecognizedOperation: 'The request is neither C-STORE nor C-ECHO.',
};

const hex = (status: number): string => status.toString(16).toUpperCase().padStart(4, '0');
const seconds = (milliseconds: number): string => `${milliseconds / 1_000} s`;
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');

const statusRows = (Object.keys(statuses) as (keyof typeof statuses)[])
  .map((name) => ({ status: storeStatus[name]('').status, when: statuses[name] }))
  .sort((a, b) => a.status - b.status)
  .map(({ status, when }) => [`${hex(status)}`, when]);

function page({ dicom }: Config): string {
  const { timers, maxPduLength, maxAssociations, maxAssociationsPerPeer, maxInstanceSizeBytes, host, port, aeTitle } = dicom;
  return `<!-- Generated from the code by \`npm run generate\`; edit test/docs/conformance-page.ts. -->
# DICOM conformance statement

Of the Gantry engine, in the order of PS3.2. Figures are the defaults of the configuration; [configure](configure.md) says how to change them.

## Overview

Gantry is a Storage SCP and SCU. It receives composite instances of any modality, keeps each dataset byte for byte as it was received, and sends
it on as it is. It is no archive: it answers no query and no retrieval.

${table(
  ['SOP Class', 'UID', 'SCU', 'SCP'],
  [
    ['Verification', verificationSopClassUid, 'yes', 'yes, unless `verification: false` for the called AE title'],
    ['Storage of PS3.4 Annex B', `all below ${storageSopClassRoot}`, 'yes', 'yes'],
    ['Other storage of PS3.6 Table A-1', [...storageSopClassesElsewhere].join(', '), 'yes', 'yes'],
    ['Private SOP Classes', 'any UID outside 1.2.840.10008', 'yes', 'by the rule `accept` of the called AE title'],
  ],
)}

As SCP it is of Level 2 (full) in the terms of PS3.4 §B.4.1: no attribute is changed, coerced or discarded; no digital signature is touched.

## Networking

### Implementation

${table(
  ['', ''],
  [
    ['Application Context Name', '1.2.840.10008.3.1.1.1'],
    ['Implementation Class UID', implementationClassUid],
    ['Implementation Version Name', implementationVersionName],
    ['Listens at', `${host}:${port}`],
    ['AE title as SCU', aeTitle],
    ['Maximum PDU length announced', `${maxPduLength} bytes (4096 to 262144)`],
    ['Maximum PDU length respected when sending', "the peer's; 0 is any"],
    ['Asynchronous operations window', '1 invoked, 1 performed; requests sent ahead all the same are handled one after the other'],
    ['SCP/SCU role selection', 'as acceptor: SCU accepted, SCP refused'],
    ['SOP Class extended and common extended negotiation', 'accepted and not answered'],
    ['User identity negotiation', 'accepted and not answered; credentials are not kept'],
  ],
)}

### Association acceptance

At most ${maxAssociations} associations at once, ${maxAssociationsPerPeer} from one address, and as many as set for a source or a called AE title.
A request is answered with A-ASSOCIATE-RJ (PS3.8 Table 9-21):

${table(
  ['result/source/reason', 'when'],
  [
    ['1/1/2 application context name not supported', 'it is not that of DICOM'],
    [
      '1/1/3 calling AE title not recognized',
      'it is malformed, or no source has this AE title, host and certificate (`rejectUnknownSources`)',
    ],
    ['1/1/7 called AE title not recognized', 'it is malformed, or neither configured nor named by a workflow'],
    ['1/2/2 protocol version not supported', 'bit 0 is not set'],
    ['2/3/1 temporary congestion', 'storage is proposed and free space is below the reserve; or the engine cannot decide'],
    ['2/3/2 local limit exceeded', 'a limit of associations is reached'],
  ],
)}

Up to 128 presentation contexts are judged each for itself, in any order of their ids, the same abstract syntax several times where it is proposed so. Of
a context's transfer syntaxes the first that is accepted is chosen: the order is the peer's. Results are 0 (acceptance), 3 (abstract syntax not
supported) and 4 (transfer syntaxes not supported).

### Transfer syntaxes

Accepted for every storage SOP Class, and kept as they are. Others by \`accept: any\` of the called AE title, as opaque bytes.

${table(
  ['Name', 'UID'],
  [...transferSyntaxNames].map(([uid, name]) => [name, uid]),
)}

### C-STORE as SCP

Answered one at a time in the order of the requests. Every failure carries an Error Comment (0000,0902).

${table(['status', 'when'], statusRows)}

The largest dataset is ${maxInstanceSizeBytes / 1e9} GB. The same SOP Instance again while a run holds it: the same bytes are answered with 0000 and kept once;
other bytes are answered with 0000, and the first is kept unless \`overwriteSameInstance\` is set for the called AE title.

### Timers

${table(
  ['timer', 'time', 'then'],
  [
    ['from the connection to a whole A-ASSOCIATE-RQ', seconds(timers.associateRequestMs), 'A-ABORT'],
    ['for a kilobyte more inside a PDU or a message', seconds(timers.progressMs), 'A-ABORT'],
    ['for a whole message', seconds(timers.messageMs), 'A-ABORT'],
    ['between messages', seconds(timers.idleMs), 'A-ABORT'],
    ['ARTIM (PS3.8 §9.1.5)', '1 s', 'the connection is closed'],
  ],
)}

### A-ABORT

${table(
  ['source/reason', 'when'],
  [
    ['0/0', 'the engine stops'],
    ['2/0 reason not specified', 'a timer is over'],
    ['2/1 unrecognized PDU', 'a PDU type that does not exist'],
    ['2/2 unexpected PDU', 'P-DATA-TF before an association, a second A-ASSOCIATE-RQ, messages interleaved, a release inside a message'],
    [
      '2/6 invalid PDU parameter value',
      'lengths that do not fit, a P-DATA-TF above the announced maximum, a context that was not accepted',
    ],
  ],
)}

### C-STORE as SCU

A file is sent in a presentation context of its own SOP Class and transfer syntax; where the peer does not accept it, that instance fails and the
others go on. Nothing is transcoded. 0000 and 0111 (duplicate) are done, Bxxx, 0107 and 0116 are done with a note; A7xx is retried by the
workflow's policy.

## Media

None. Files are kept in the form of PS3.10, with (0002,0016) and (0002,0018) naming sender and receiver, for the engine's own use.

## Character sets

Datasets are not decoded. Where a rule reads an attribute, Specific Character Set (0008,0005) is followed: ISO 8859-1 to -9 and -15, ISO-IR 13, 87, 159, 149,
58, 166, UTF-8, GB18030, GBK; others are read as ISO 8859-1.

## Security

Plain, or TLS by PS3.15 §B.12 (BCP 195, RFC 8996 and 9325), with or without certificates of the peers; both at once on two ports. ${tlsProfile.minVersion.replace('v', ' ')}
at least. See [secure](secure.md).

${table(
  ['cipher suite'],
  tlsProfile.ciphers.split(':').map((suite) => [suite]),
)}

A plain peer on the TLS port is closed at its first bytes. AE titles and hosts can be asked to match a source; a source can be asked for its
certificate's common name. No patient attribute is written to logs, histories or metrics.

## Seen to work with

[Interoperability table](interop.md): real senders and what each was seen to send.
`;
}

/** docs/conformance.md */
export async function conformancePage(): Promise<string> {
  const { config } = await loadConfig(null);
  if (config === null) throw new Error('there are no defaults');
  return page(config);
}
