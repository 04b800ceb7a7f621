import { aeTitleSchema, type JsonSchema, namePattern } from '../language/index.ts';

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

const aeTitleRules = closed('Rules for what is sent to one of our AE titles.', {
  ignoredSopClasses: {
    type: 'array',
    default: [],
    // PS3.5 §9.1
    items: {
      type: 'string',
      pattern: '^[0-9]+(\\.[0-9]+)*$',
      maxLength: 64,
      examples: ['1.2.840.10008.5.1.4.1.1.88.67'],
      description: 'A SOP Class UID.',
    },
    description: 'Instances of these SOP classes are answered with Success and not kept.',
  },
  overwriteSameInstance: {
    type: 'boolean',
    default: false,
    description: 'Whether an instance that comes again with other bytes replaces the one that is held.',
  },
});

const peer = { aeTitle: aeTitleSchema('Its AE title.'), host: host('Its address.') };
const source = closed('A peer that sends.', peer, ['aeTitle', 'host']);
const destination = closed('A peer that receives.', { ...peer, port: port(1, 'Its port.') }, ['aeTitle', 'host', 'port']);

/** The configuration file. Options of a job are its back-end's, and are checked by the back-end's schema. */
export const configShape: JsonSchema = {
  ...closed('Configuration of the Gantry engine.', {
    $schema: { type: 'string', description: 'For editors of JSON files.' },
    dicom: section('What we are in the DICOM network, and whom we know there.', {
      host: { ...host('Address to listen at.'), default: '127.0.0.1' },
      port: { ...port(0, 'Port to listen at; 0 takes a free one.'), default: 11112 },
      aeTitle: { ...aeTitleSchema('Ours, as a sender.'), default: 'GANTRY' },
      rejectUnknownSources: { type: 'boolean', default: true, description: 'Whether a calling AE title and its host must match a source.' },
      maxAssociations: { type: 'integer', minimum: 1, maximum: 10_000, default: 100, description: 'Associations at once.' },
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
