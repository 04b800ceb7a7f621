import { aeTitleSchema, type JsonSchema, namePattern } from '../language/index.ts';
import { durationPattern } from '../plugin/index.ts';
import { destinationTlsShape, tlsShape } from './tls-config.ts';

const closed = (description: string, properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  description,
  required,
  properties,
});

/** A part that may be left out, and is then all defaults. */
const section = (description: string, properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  ...closed(description, properties),
  default: {},
});

const named = (description: string, entry: JsonSchema): JsonSchema => ({
  type: 'object',
  default: {},
  description,
  propertyNames: { pattern: namePattern, 'x-gantry': 'name' },
  additionalProperties: entry,
});

const host = (description: string): JsonSchema => ({
  type: 'string',
  minLength: 1,
  maxLength: 253,
  pattern: '^\\S+$',
  examples: ['10.0.0.5'],
  description,
});
const port = (minimum: 0 | 1, description: string): JsonSchema => ({ type: 'integer', minimum, maximum: 65_535, description });

const duration = (preset: string, description: string): JsonSchema => ({
  type: 'string',
  pattern: durationPattern,
  'x-gantry': 'duration',
  default: preset,
  description,
});
const associations = (description: string): JsonSchema => ({ type: 'integer', minimum: 1, maximum: 10_000, description });
const sopClasses: JsonSchema = {
  type: 'array',
  // PS3.5 §9.1
  items: {
    type: 'string',
    pattern: '^[0-9]+(\\.[0-9]+)*$',
    maxLength: 64,
    examples: ['1.2.840.10008.5.1.4.1.1.88.67'],
    description: 'A SOP Class UID.',
  },
};

export const aeTitleRules = closed('Rules for what is sent to one of our AE titles.', {
  accept: {
    enum: ['standard', 'private-sop-classes', 'any'],
    default: 'private-sop-classes',
    description:
      "What may be sent: SOP classes and transfer syntaxes of the Standard; manufacturers' private SOP classes as well; or unknown transfer syntaxes as well.",
  },
  allowedSopClasses: {
    ...sopClasses,
    minItems: 1,
    description: 'Only these SOP classes are accepted, private ones too. Not together with ignoredSopClasses.',
  },
  ignoredSopClasses: { ...sopClasses, description: 'Instances of these SOP classes are answered with Success and not kept.' },
  overwriteSameInstance: {
    type: 'boolean',
    default: false,
    description: 'Whether an instance that comes again with other bytes replaces the one that is held.',
  },
  verification: { type: 'boolean', default: true, description: 'Whether C-ECHO is answered.' },
  maxAssociations: associations('Associations to this AE title at once; those of dicom.maxAssociations where it is left out.'),
});

const peerAeTitle = aeTitleSchema('Its AE title.');
const sourceHost: JsonSchema = {
  ...host('A name, an address, or a network such as 10.0.0.0/8 or 2001:db8::/32.'),
  examples: ['10.0.0.5', 'ct1.hospital.example', '10.20.0.0/16'],
};
const source = closed(
  'A peer that sends.',
  {
    aeTitle: peerAeTitle,
    host: {
      anyOf: [sourceHost, { type: 'array', minItems: 1, items: sourceHost }],
      description: 'Where it calls from: a name, an address or a network, or a list of them.',
    },
    certificate: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: 'It must call with TLS, and the common name of its verified certificate must be this one.',
    },
    maxAssociations: associations('Its associations at once.'),
  },
  ['aeTitle', 'host'],
);
const destination = closed(
  'A peer that receives.',
  { aeTitle: peerAeTitle, host: host('Its address.'), port: port(1, 'Its port.'), tls: destinationTlsShape },
  ['aeTitle', 'host', 'port'],
);

const belowReserve = (preset: 'pause' | 'go-on', description: string): JsonSchema => ({
  enum: ['pause', 'go-on'],
  default: preset,
  description,
});

/** The configuration file. Options of a job are its back-end's, and are checked by the back-end's schema. */
export const configShape: JsonSchema = {
  ...closed('Configuration of the Gantry engine.', {
    $schema: { type: 'string', description: 'For editors of JSON files.' },
    dicom: section('What we are in the DICOM network, and whom we know there.', {
      host: { ...host('Address to listen at.'), default: '127.0.0.1' },
      port: { ...port(0, 'Port to listen at; 0 takes a free one.'), default: 11112 },
      tls: tlsShape,
      aeTitle: { ...aeTitleSchema('Ours, as a sender.'), default: 'GANTRY' },
      rejectUnknownSources: { type: 'boolean', default: true, description: 'Whether a calling AE title and its host must match a source.' },
      maxAssociations: { ...associations('Associations at once, over all peers.'), default: 100 },
      maxAssociationsPerPeer: { ...associations('Associations at once from one address.'), default: 50 },
      maxInstanceSizeGb: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: 100_000,
        default: 64,
        description: 'Largest dataset that is taken, in GB (10^9 bytes); a larger one is answered with A700.',
      },
      maxPduLength: {
        type: 'integer',
        minimum: 4_096,
        maximum: 262_144,
        default: 131_072,
        description: 'Largest P-DATA-TF that we take, in bytes, as announced to peers.',
      },
      threads: {
        type: 'integer',
        minimum: 1,
        maximum: 64,
        default: 1,
        description: 'Threads that receive. More than one uses more processor cores, at some 60 MB of memory each (Linux).',
      },
      timers: section('How long peers may take. What takes longer is aborted.', {
        associateRequest: duration('30s', 'From the connection to a whole association request.'),
        progress: duration('60s', 'For a kilobyte more of a message that has begun.'),
        message: duration('30m', 'For a whole message with its dataset.'),
        idle: duration('10m', 'Between messages.'),
      }),
      aeTitles: {
        type: 'object',
        default: {},
        propertyNames: aeTitleSchema('One of our AE titles.'),
        additionalProperties: aeTitleRules,
        description: 'Rules by our AE title. Titles that workflows name are accepted too.',
      },
      sources: named('Peers that may send to us, by a name of our own.', source),
      destinations: named('Peers that we send to, by the name that workflows use.', destination),
    }),
    storage: section('How full the disk may get.', {
      watermarkPercent: {
        type: 'number',
        minimum: 1,
        maximum: 100,
        default: 85,
        description: 'Nothing is received above this share of the disk.',
      },
      reserveSpaceGb: {
        type: 'number',
        minimum: 0,
        default: 5,
        description: 'Nothing is received when less than this would stay free, in GB (10^9 bytes).',
      },
      belowReserve: section('What steps of runs do when there is too little space to receive.', {
        jobs: belowReserve('pause', 'Jobs, whose output needs space: wait until there is some, or begin all the same.'),
        exports: belowReserve('go-on', 'Exports, after which space can be freed: wait, or go on.'),
      }),
    }),
    jobs: named('Jobs by the name that workflows use.', {
      type: 'object',
      required: ['backend'],
      properties: { backend: { type: 'string', description: 'What executes it; the other keys are its options.' } },
    }),
    workflows: { type: 'string', minLength: 1, default: './workflows', description: "Folder of workflow files, from this file's folder." },
    temporal: section('The embedded Temporal server.', {
      port: { ...port(0, 'Port of the server; 0 takes a free one.'), default: 0 },
      uiPort: { ...port(0, 'Port of its Web UI; 0 takes a free one.'), default: 0 },
      namespace: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$',
        maxLength: 255,
        default: 'default',
        description: 'The Temporal namespace.',
      },
    }),
  }),
};
