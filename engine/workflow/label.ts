/**
 * Longest summary of an activity or timer. The Web UI's timeline shows 120 characters; the server refuses a workflow task with a
 * summary over 400 bytes (`limit.userMetadataSummarySize`), its metadata and a codec's overhead included.
 */
const longestCharacters = 120;
const longestBytes = 240;

const encoder = new TextEncoder();

/** Makes one line that fits a summary, a note, a table's cell or a search attribute (255 characters in SQL visibility), without control characters. */
export function label(text: string): string {
  const characters = [...text.replaceAll(/[\p{C}\s]+/gu, ' ').trim()];
  if (characters.length <= longestCharacters && encoder.encode(characters.join('')).length <= longestBytes) return characters.join('');
  let bytes = encoder.encode('…').length;
  let kept = '';
  for (const character of characters.slice(0, longestCharacters - 1)) {
    bytes += encoder.encode(character).length;
    if (bytes > longestBytes) break;
    kept += character;
  }
  return `${kept}…`;
}
