import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { describeError } from '../errors/index.ts';
import { withCommon } from './common.ts';
import { note } from './print.ts';

// Commands are imported when they run: `--help` must not wait for Temporal's client.
const root = import.meta.filename.endsWith('.ts') ? '../..' : '../../..';
const { version } = JSON.parse(readFileSync(new URL(`${root}/package.json`, import.meta.url), 'utf8')) as { version: string };

const program = new Command('gantry')
  .description('Receives DICOM and runs declared workflows on it, on Temporal.')
  .version(version)
  .showHelpAfterError('(gantry --help shows the commands)')
  .addHelpText(
    'after',
    `
Examples:
  gantry dev                                 engine and Temporal in one process, on this machine
  gantry validate workflows/*.yaml           every problem of these files, with line and column
  gantry phantom study/ --slices 60          a synthetic CT study, no person in it
  gantry send study/ --to LUNG@127.0.0.1:11112
  gantry runs list                           where every study is
  gantry associations list --since 1h        who sent, how much, and how it ended
  gantry explain 1.2.840.113619.2.1          the story of an instance, series or study
`,
  );

withCommon(program.command('dev'))
  .description('run everything in one process: receiver, workflows, embedded Temporal with its Web UI')
  .option('--log-level <level>', 'debug, info, warn, error or silent', 'info')
  .action(async (options) => (await import('./dev.ts')).dev(options));

withCommon(program.command('validate'))
  .description('check the configuration and workflow files; all problems in one run')
  .argument('[files...]', 'workflow files (default: those of the configured folder)')
  .option('--json', 'print the problems as JSON')
  .action(async (files, options) => (await import('./validate.ts')).validate(files, options));

withCommon(program.command('send'))
  .description('send DICOM files as they are (C-STORE)')
  .argument('<paths...>', 'files or folders')
  .option('--to <destination>', 'AETITLE@HOST:PORT, or the name of a configured destination (default: the running engine)')
  .option('--called <title>', 'called AE title, where --to gives none')
  .option('--from <title>', "calling AE title (default: the configuration's)")
  .option('--associations <n>', 'associations at once', '1')
  .option('--json', 'print one result per file as JSON')
  .action(async (paths, options) => (await import('./send.ts')).send(paths, options));

withCommon(program.command('phantom'))
  .description('make a synthetic CT study: a 3-D phantom, no person in it')
  .argument('<folder>', 'where to write it')
  .option('--slices <n>', 'slices', '60')
  .option('--size <n>', 'rows and columns', '256')
  .option('--seed <n>', 'the same seed gives the same pixels', '1')
  .option('--json', 'print the UIDs as JSON')
  .action(async (folder, options) => (await import('./phantom.ts')).phantom(folder, options));

const runs = program.command('runs').description('look at runs, and press buttons');
withCommon(runs.command('list'))
  .description('all runs, newest first')
  .option('--workflow <name>', 'of one workflow')
  .option('--status <status>', 'RUNNING, COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT')
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./runs.ts')).list(options));
withCommon(runs.command('show'))
  .description('one run and its steps')
  .argument('<id>', 'Workflow Id')
  .option('--json', 'print as JSON')
  .action(async (id, options) => (await import('./runs.ts')).show(id, options));
for (const [name, what] of [
  ['retry', 'try a parked step again'],
  ['skip', 'go on without a parked step'],
  ['fail', 'let a parked step fail its run'],
  ['complete-now', "complete a run's batch without waiting"],
] as const) {
  withCommon(runs.command(name))
    .description(what)
    .argument('<id>', 'Workflow Id')
    .option('--step <id>', 'the step (default: the one that is parked)')
    .option('--reason <text>', 'why; it stands in the history')
    .action(async (id, options) => (await import('./runs.ts')).signal(name, id, options));
}
withCommon(runs.command('cancel'))
  .description('cancel a run: its step is stopped, its `finally` runs, its instances are retained')
  .argument('<id>', 'Workflow Id')
  .action(async (id, options) => (await import('./runs.ts')).cancel(id, options));

const instances = program.command('instances').description('look at instances');
withCommon(instances.command('list'))
  .description('all that the ledger knows, newest first')
  .option('--state <state>', 'held, retained or reclaimed')
  .option('--study <uid>', 'of one study')
  .option('--called <title>', 'received by one AE title')
  .option('--limit <n>', 'at most', '1000')
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./instances.ts')).list(options));

const associations = program.command('associations').description('look at associations: who sent what, and how it ended');
withCommon(associations.command('list'))
  .description('all that the ledger remembers (90 days), newest first; rejected ones counted by the hour')
  .addOption(new Option('--open', 'that are open now').conflicts('how'))
  .addOption(new Option('--how <how>', 'how they ended').choices(['open', 'released', 'aborted', 'lost', 'timeout', 'rejected']))
  .option('--calling <title>', 'from one calling AE title')
  .option('--called <title>', 'to one called AE title')
  .option('--peer <address>', 'from one address')
  .option('--since <duration>', 'open or ended within this time, such as 30m, 2h, 7d')
  .option('--limit <n>', 'at most', '100')
  .option('--json', 'print as JSON, with refused contexts and what the peer runs')
  .addHelpText(
    'after',
    `
Examples:
  gantry associations list --open                       who is sending now
  gantry associations list --calling CT2 --since 2h     why CT2 cannot send
  gantry associations list --how rejected               who was turned away, and why
`,
  )
  .action(async (options) => (await import('./associations.ts')).list(options));

withCommon(program.command('explain'))
  .description('the story of an instance, series or study: what happened to it, and why')
  .argument('<uid>', 'SOP Instance, Series or Study Instance UID')
  .option('--json', 'print as JSON')
  .action(async (uid, options) => (await import('./explain.ts')).explain(uid, options));

withCommon(program.command('doctor'))
  .description('check this machine and this data folder; every ✗ says what to do')
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./doctor.ts')).doctor(options));

program
  .command('demo')
  .description('show it all: a synthetic study through a workflow to a second DICOM receiver')
  .option('--exit', 'end when it is over; status 0 only if all of it truly happened')
  .option('--keep <folder>', 'where to keep what it makes (default: a temporary folder)')
  .action(async (options) => (await import('./demo.ts')).demo(options));

try {
  await program.parseAsync();
} catch (error) {
  note(describeError(error));
  // A start that failed half-way may leave handles of native code behind, which would keep the process.
  process.exit(1);
}
