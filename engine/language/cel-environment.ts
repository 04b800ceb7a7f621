import { Environment } from '@marcbachmann/cel-js';

/** An expression is a line or two; what is longer is a program, and its recursive parser would run out of stack. */
export const maxSourceLength = 2_000;

const limits = { maxAstNodes: 500, maxDepth: 50, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 16 };

/**
 * CEL as workflows speak it. JSON does not tell 2 from 2.0, so a number that happens to be whole arrives as an int: where
 * standard CEL refuses int with double, the int is widened. int / int stays CEL's whole division.
 */
export function celEnvironment(options: { readonly unlistedVariablesAreDyn: boolean }): Environment {
  const environment = new Environment({ ...options, homogeneousAggregateLiterals: false, limits });
  const widened: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [operator, compute] of Object.entries(widened)) {
    const widen = (a: number | bigint, b: number | bigint): number => compute(Number(a), Number(b));
    environment.registerOperator(`int ${operator} double`, widen);
    environment.registerOperator(`double ${operator} int`, widen);
  }
  return environment.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
}
