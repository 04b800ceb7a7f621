import { ExpressionError } from './expression-error.ts';

/** A piece of a YAML text: written out, or the source of an expression with the offset at which it begins. */
export type TextPart = string | { readonly source: string; readonly start: number };

/** Splits a text at its `${{ … }}`. Throws ExpressionError where one is not closed. */
export function splitText(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (let open = text.indexOf('${{'); open !== -1; open = text.indexOf('${{', at)) {
    if (open > at) parts.push(text.slice(at, open));
    const close = endOfExpression(text, open + 3);
    if (close === -1) throw new ExpressionError(text, '"${{" is not closed by "}}"', open, open + 3);
    const inside = text.slice(open + 3, close);
    const lead = inside.length - inside.trimStart().length;
    parts.push({ source: inside.trim(), start: open + 3 + lead });
    at = close + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** The expression of a text that is nothing else, space around it aside; null for any other text. */
export function soleExpression(text: string): { readonly source: string; readonly start: number } | null {
  const parts = splitText(text).filter((part) => typeof part !== 'string' || part.trim() !== '');
  const [only] = parts;
  return parts.length === 1 && only !== undefined && typeof only !== 'string' ? only : null;
}

/** Where `}}` closes the expression: not inside a string, and not the end of a map (`{'a': {'b': 1}}`). */
function endOfExpression(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = endOfString(text, at);
      if (at === -1) return -1;
    } else if (character === '{') depth++;
    else if (character === '}') {
      if (depth > 0) depth--;
      else if (text[at + 1] === '}') return at;
    }
  }
  return -1;
}

/** The offset of a CEL string's last quote: `'…'`, `"…"`, tripled, and raw (`r'…'`, where a backslash escapes nothing). */
function endOfString(text: string, from: number): number {
  const character = text[from] as string;
  const quote = text.startsWith(character.repeat(3), from) ? character.repeat(3) : character;
  const raw = /[rR]/.test(text[from - 1] ?? '') && !/\w/.test(text[from - 2] ?? '');
  for (let at = from + quote.length; at < text.length; at++) {
    if (text[at] === '\\' && !raw) at++;
    else if (text.startsWith(quote, at)) return at + quote.length - 1;
  }
  return -1;
}
