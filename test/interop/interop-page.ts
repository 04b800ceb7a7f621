import { encodings } from './encodings.ts';
import { type Cell, cell, type RowName, rowNames, type SenderName, senderNames, titleOf } from './table.ts';

/** The table as Markdown: as it is declared, or with what was measured (null: not run). */
export function interopTable(text: (sender: SenderName, row: RowName, note: (why: string) => string) => string): string {
  const notes: string[] = [];
  const note = (why: string): string => {
    if (!notes.includes(why)) notes.push(why);
    return `<sup>${notes.indexOf(why) + 1}</sup>`;
  };
  const rows = rowNames.map((row) => `| ${rowTitle(row)} | ${senderNames.map((sender) => text(sender, row, note)).join(' | ')} |`);
  const head = `| | ${senderNames.join(' | ')} |\n|---|${senderNames.map(() => '---|').join('')}`;
  return `${head}\n${rows.join('\n')}\n\n${notes.map((why, at) => `${at + 1}. ${why}`).join('\n')}\n`;
}

/** What a cell says, with its note. */
export function spell(expected: Cell, note: (why: string) => string): string {
  switch (expected.outcome) {
    case 'done':
      return '✓';
    case 'contexts':
      return `✓ ${expected.count}`;
    case 'as is':
      return 'as is';
    case 'as sent':
      return `as sent${note(expected.why)}`;
    case 'refused':
      return `refused${note(expected.why)}`;
    case 'n/a':
      return `n/a${note(expected.why)}`;
  }
}

function rowTitle(row: RowName): string {
  const encoding = encodings.find(({ name }) => name === row);
  if (encoding === undefined) return titleOf(row);
  const [first = '', ...more] = encoding.transferSyntaxUids;
  const last = more.map((uid) => `.${uid.slice(commonLength(first, uid))}`);
  return `${row} (${[first.replace('1.2.840.10008.', ''), ...last].join(', ')})`;
}

/** Up to and with the last dot that two UIDs of the same branch share. */
const commonLength = (a: string, b: string): number => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return a.lastIndexOf('.', at - 1) + 1;
};

/** docs/interop.md. */
export function interopPage(): string {
  return `# Interoperability

What peers send to Gantry, and what it keeps. The test suite runs every cell with the real peer (test/interop): dcmtk 3.6 (storescu, echoscu, dcmsend),
pynetdicom 3.0, GDCM 3.0 (gdcmscu), Orthanc 1.10, and dcmjs-dimse 0.3 as a client of its own. Each C-STORE is read on the wire, answered Success, and
compared with the file in storage. \`npm test\` writes the table as it came out to test/.cache/interop.md, with the versions it ran with.

- **as is**: the dataset in storage is the one in the sender's file, byte for byte, in its transfer syntax.
- **as sent**: the sender encodes anew what it reads; the dataset in storage is the one it sent, byte for byte, in the transfer syntax agreed.
- **n/a**: the sender cannot do it.

Transfer syntaxes are shown without their root, 1.2.840.10008. Encodings that no tool here writes (JPEG 2000 part 2, HTJ2K, JPEG XL, video, retired JPEG)
are fragments that no codec made: to the receiver, pixels are opaque.

${interopTable((sender, row, note) => spell(cell(sender, row), note))}`;
}
