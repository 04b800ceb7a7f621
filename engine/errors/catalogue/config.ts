/** GY1xx: see catalogue.ts. */
export const configErrors = {
  GY101: {
    title: 'a configuration that cannot be read',
    cause: 'The file does not exist, may not be read, is neither YAML nor JSON, or is too large.',
    mend: 'Check the path and the permissions, and mend the place that the message points at.',
  },
  GY102: {
    title: 'duplicate key in the configuration',
    cause: 'The same key stands twice in one map; only one of the two could take effect.',
    mend: 'Keep one of them.',
  },
  GY103: {
    title: 'unknown key in the configuration',
    cause: 'A key that the configuration does not have, often a misspelt one. Keys are never ignored.',
    mend: 'Take the suggested key, or remove it.',
  },
  GY104: {
    title: 'missing key in the configuration',
    cause: 'Something that has no default was left out.',
    mend: 'Add it.',
  },
  GY105: {
    title: 'a value that is not allowed there',
    cause: 'The value is of another type than expected, outside its limits, or none of the choices.',
    mend: 'Write a value of the kind that the message names.',
  },
  GY106: {
    title: 'an unquoted text that YAML reads as a number',
    cause: 'UIDs, AE titles and other texts made of digits and dots are numbers to YAML, which would drop digits.',
    mend: 'Put it in quotes.',
  },
  GY107: {
    title: 'not an AE title',
    cause: 'An AE title has 1 to 16 characters of ASCII without backslash (PS3.5 §6.2).',
    mend: 'Mend it, and quote it where YAML would read a number.',
  },
  GY108: {
    title: 'unknown back-end',
    cause: 'A job names a back-end that no installed plugin brings.',
    mend: 'Take one of the back-ends that the message lists, or install the plugin.',
  },
  GY109: {
    title: 'two rules that exclude each other',
    cause: 'An AE title has both a list of SOP classes that are ignored and a list of those that alone are allowed.',
    mend: 'Keep one of the two.',
  },
} as const;
