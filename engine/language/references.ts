import type { ASTNode } from '@marcbachmann/cel-js';
import { type CompiledExpression, compileExpression } from './compile-expression.ts';

/** One name that an expression reads, as far as its path is written out: `steps.nodules.output` or `steps["to-pacs"].output`. */
export interface Reference {
  readonly path: readonly (string | number)[];
  /** Where each part of the path stands in the source. */
  readonly parts: readonly { readonly start: number; readonly end: number }[];
  /** An index that is computed follows (`steps[x]`): what is read is not known. */
  readonly computed: boolean;
}

/** Macros that bind their first argument: receiver first, as in `list.exists(x, x > 1)`. */
const binders = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Every name the expression reads, in the order of the source; names that its own macros bind are left out. */
export function locateReferences({ ast }: CompiledExpression): readonly Reference[] {
  const found: Reference[] = [];
  visit(ast, new Set(), found);
  return found.sort((a, b) => (a.parts[0]?.start ?? 0) - (b.parts[0]?.start ?? 0));
}

/** The member paths used, each once: `[['steps', 'nodules', 'output', 'instances', 'count']]`. Throws ExpressionError for bad syntax. */
export function references(source: string): string[][] {
  const paths = locateReferences(compileExpression(source)).map(({ path }) => path.map(String));
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

function visit(node: ASTNode, bound: ReadonlySet<string>, found: Reference[]): void {
  switch (node.op) {
    case 'value':
      return;
    case 'id':
    case '.':
    case '.?':
    case '[]':
    case '[?]':
      visitPath(node, bound, found);
      return;
    case 'call':
      for (const argument of node.args[1]) visit(argument, bound, found);
      return;
    case 'rcall': {
      const [method, receiver, [first, ...rest]] = node.args;
      if (method === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && first?.op === 'id') {
        const [value, body] = rest;
        if (value) visit(value, bound, found);
        if (body) visit(body, new Set([...bound, first.args]), found);
        return;
      }
      visit(receiver, bound, found);
      const binds = binders.has(method) && first?.op === 'id' && rest.length > 0;
      const inside = binds ? new Set([...bound, first.args]) : bound;
      for (const argument of binds || first === undefined ? rest : [first, ...rest]) visit(argument, inside, found);
      return;
    }
    case 'list':
      for (const element of node.args) visit(element, bound, found);
      return;
    case 'map':
      for (const [key, value] of node.args) {
        visit(key, bound, found);
        visit(value, bound, found);
      }
      return;
    case '!_':
    case '-_':
      visit(node.args, bound, found);
      return;
    default:
      for (const operand of node.args) visit(operand, bound, found);
  }
}

function visitPath(node: ASTNode, bound: ReadonlySet<string>, found: Reference[]): void {
  const path: (string | number)[] = [];
  const parts: { start: number; end: number }[] = [];
  let computed = false;
  let at = node;
  while (at.op === '.' || at.op === '.?' || at.op === '[]' || at.op === '[?]') {
    const dotted = at.op === '.' || at.op === '.?';
    const key = dotted ? at.args[1] : literalKey(at.args[1] as ASTNode);
    if (key === null) {
      visit(at.args[1] as ASTNode, bound, found);
      path.length = 0;
      parts.length = 0;
      computed = true;
    } else {
      path.unshift(key as string | number);
      parts.unshift({ start: dotted ? at.pos : at.args[0].end, end: at.end });
    }
    at = at.args[0];
  }
  if (at.op !== 'id') visit(at, bound, found);
  else if (!bound.has(at.args)) found.push({ path: [at.args, ...path], parts: [{ start: at.start, end: at.end }, ...parts], computed });
}

function literalKey(index: ASTNode): string | number | null {
  if (index.op !== 'value') return null;
  if (typeof index.args === 'string') return index.args;
  return typeof index.args === 'bigint' ? Number(index.args) : null;
}
