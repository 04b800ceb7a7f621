import { catalogue } from '../../engine/errors/index.ts';

const areas = [
  ['GY1', 'Configuration'],
  ['GY2', 'Workflow files'],
  ['GY3', 'DICOM'],
  ['GY4', 'Storage and ledger'],
  ['GY5', 'Temporal'],
  ['GY6', 'Plugins and jobs'],
  ['GY7', 'Runs'],
  ['GY8', 'Command line'],
] as const;

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** docs/errors.md, from the catalogue. */
export function errorsPage(): string {
  const entries = Object.entries(catalogue).sort(([a], [b]) => a.localeCompare(b));
  const sections = areas.flatMap(([prefix, title]) => {
    const rows = entries.filter(([code]) => code.startsWith(prefix));
    if (rows.length === 0) return [];
    const lines = rows.map(([code, entry]) => `| ${code} | ${cell(entry.title)} | ${cell(entry.cause)} | ${cell(entry.mend)} |`);
    return [`## ${title}\n\n| code | means | usual cause | what to do |\n|---|---|---|---|\n${lines.join('\n')}\n`];
  });
  const intro = `# Error codes

Every code that Gantry shows. Steps fail with codes of their own, in words (\`AssociationRejected\`, \`JobFailed\`); a workflow's \`retries.<name>.on\`
can name both.
`;
  return `${[intro, ...sections].join('\n')}`;
}
