// The door for code that replays: everything behind it is pure and runs in Temporal's workflow sandbox (no node: import).
export { type CompiledExpression, compileExpression, evaluate, evaluateCondition } from './compile-expression.ts';
export { ExpressionError } from './expression-error.ts';
export { references } from './references.ts';
export { soleExpression, splitText, type TextPart } from './split-text.ts';
export { resolveTemplate, toTemplate } from './template.ts';
