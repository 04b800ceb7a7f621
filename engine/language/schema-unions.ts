import type { ErrorObject } from 'ajv';
import { expressionRef } from './allow-expressions.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * A union reports every branch and itself. Of an expression's union the expression is left out; of others only the branch
 * that was meant stays (the one whose type is right), or one error for all of them.
 */
export function meantErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  let rest = errors.filter(
    ({ schemaPath, keyword }) => !schemaPath.startsWith(expressionRef) && keyword !== 'if' && keyword !== 'propertyNames',
  );
  for (const union of errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')) {
    const branches = union.schema as readonly JsonSchema[];
    if (branches.some(({ $ref }) => $ref === expressionRef)) {
      rest = rest.filter((error) => error !== union);
      continue;
    }
    const below = branches.map((_, index) => rest.filter(({ schemaPath }) => schemaPath.startsWith(`${union.schemaPath}/${index}/`)));
    const meant = below.filter((found) => found.length > 0 && !found.some((error) => isWrongFromTheStart(error, union.instancePath)));
    const dropped = new Set(meant.length === 1 ? [union, ...below.filter((found) => found !== meant[0]).flat()] : below.flat());
    rest = rest.filter((error) => !dropped.has(error));
  }
  return rest;
}

const isWrongFromTheStart = ({ keyword, instancePath }: ErrorObject, at: string): boolean =>
  instancePath === at && (keyword === 'type' || keyword === 'const' || keyword === 'enum');
