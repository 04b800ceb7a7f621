import type { ErrorCode } from '../errors/index.ts';
import type { SchemaProblem } from './schema-problems.ts';
import type { YamlProblem } from './yaml.ts';

export const yamlCodes = {
  syntax: 'GY201',
  'duplicate-key': 'GY202',
  'too-large': 'GY222',
  unquoted: 'GY209',
} as const satisfies Record<YamlProblem['kind'], ErrorCode>;

export const shapeCodes = {
  'unknown-key': 'GY203',
  'missing-key': 'GY205',
  'wrong-value': 'GY206',
  unquoted: 'GY209',
  duration: 'GY218',
  'ae-title': 'GY219',
} as const satisfies Record<SchemaProblem['kind'], ErrorCode>;

/** A key that is unknown among options is an option's. */
export const optionCodes = { ...shapeCodes, 'unknown-key': 'GY204' } as const satisfies Record<SchemaProblem['kind'], ErrorCode>;
