import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Format, formats } from './answer-writer.ts';
import { daysOfFlights, fewestDays } from './demo/demo-plan.ts';
import type { DemoOptions } from './demo.ts';
import type { DrillOptions } from './drill-command.ts';
import { type Failure, renderFailure } from './failure-report.ts';
import { addLabCommands, type LabInvocation } from './lab-program.ts';
import { tryParseMoment } from './parse-moment.ts';
import type { RefreshOptions } from './refresh-command.ts';
import type { SqlOptions, StatementSource } from './sql-command.ts';
import type { StatusOptions } from './status-command.ts';
import { type ExitStatus, exitStatus, type Terminal } from './terminal.ts';

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'sql'; readonly options: SqlOptions }
  | { readonly kind: 'status'; readonly options: StatusOptions }
  | { readonly kind: 'refresh'; readonly options: RefreshOptions }
  | { readonly kind: 'drill'; readonly options: DrillOptions }
  | { readonly kind: 'demo'; readonly options: DemoOptions }
  | LabInvocation
  /** Help or the version: nothing but a text. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'misuse'; readonly failure: Failure };

/** Reads the words after `everview`. */
export function parseCommandLine(words: readonly string[], version: string): Invocation {
  const found: Invocation[] = [];
  const output: string[] = [];
  const program = createProgram(version, (invocation) => found.push(invocation));
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => output.push(text),
      writeErr: (text) => output.push(text),
    });
  }
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // No command at all: commander gives the help, as a complaint.
    if (error.exitCode === 0 || error.code === 'commander.help')
      return { kind: 'text', text: output.join('') };
    return { kind: 'misuse', failure: misuseOf(error, words) };
  }
  return found[0] ?? { kind: 'text', text: program.helpInformation() };
}

/** Runs one command; what it needs is loaded only now, so that `--help` answers at once. */
export async function runProgram(
  words: readonly string[],
  version: string,
  terminal: Terminal,
): Promise<ExitStatus> {
  const invocation = parseCommandLine(words, version);
  switch (invocation.kind) {
    case 'sql':
      return (await import('./sql-command.ts')).runSql(invocation.options, terminal);
    case 'status':
      return (await import('./status-command.ts')).runStatus(invocation.options, terminal);
    case 'drill':
      return (await import('./drill-command.ts')).runDrill(invocation.options, terminal);
    case 'refresh':
      return (await import('./refresh-command.ts')).runRefresh(invocation.options, terminal);
    case 'demo':
      return (await import('./demo.ts')).runDemo(invocation.options, terminal);
    case 'lab-run':
      return (await import('./lab-run-command.ts')).runLabExperiment(invocation.options, terminal);
    case 'lab-suggest':
      return (await import('./lab-suggest-command.ts')).runLabSuggest(invocation.options, terminal);
    case 'text':
      await terminal.stdout.write(invocation.text);
      return exitStatus.done;
    case 'misuse':
      await terminal.stderr.write(renderFailure(invocation.failure, null, terminal.stderr.colors));
      return exitStatus.usage;
  }
}

type Report = (invocation: Invocation) => void;

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function createProgram(version: string, report: Report): Command {
  const program = new Command('everview')
    .description('A materialized-view engine whose views may be models.')
    .version(`everview ${version}`, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples);
  addSqlCommand(program, report);
  addStatusCommand(program, report);
  addRefreshCommand(program, report);
  addDrillCommand(program, report);
  addDemoCommand(program, report);
  addLabCommands(program, report);
  return program;
}

const examples = `
Examples:
  everview sql                                       a prompt, with a database in memory
  everview sql --db shop.db -f schema.sql            run a file of statements
  everview sql --db shop.db -c "SELECT * FROM sales" --format csv
  everview sql --db shop.db --format json < talk.sql one line of JSON a statement
  everview sql --db shop.db -c "EXPORT MODEL demand TO 'demand.onnx'"
  everview status --db shop.db                       what there is, and how stale
  everview refresh daily_sales --db shop.db --full   bring one view up to date
  everview drill --db shop.db --table sales          which errors of its data would be found
  everview demo                                      see it work
  everview lab run demand.yaml --html demand.html    which refresh policy, measured on your own history
`;

type SqlWords = {
  db: string;
  now?: Date;
  format: Format;
  command?: string;
  file?: string;
  keepGoing?: true;
};

function addSqlCommand(program: Command, report: Report): void {
  program
    .command('sql')
    .description('run statements from -c, from -f, or from standard input one at a time')
    .addOption(dbOption().default(':memory:'))
    .addOption(nowOption())
    .addOption(formatOption(formats))
    .addOption(new Option('-c, --command <sql>', 'the statements to run').conflicts('file'))
    .addOption(new Option('-f, --file <path>', 'a file of statements to run; - is standard input'))
    .option('--keep-going', 'go on after a statement that failed (the exit status still is 1)')
    .action((words: SqlWords) =>
      report({
        kind: 'sql',
        options: {
          db: words.db,
          now: words.now ?? null,
          format: words.format,
          source: sourceOf(words),
          keepGoing: words.keepGoing ?? false,
        },
      }),
    );
}

function sourceOf({ command, file }: SqlWords): StatementSource {
  if (command !== undefined) return { kind: 'text', text: command };
  if (file !== undefined && file !== '-') return { kind: 'file', path: file };
  return { kind: 'standard-input' };
}

function addStatusCommand(program: Command, report: Report): void {
  program
    .command('status')
    .description('show the objects of a database, their staleness and their last refreshes')
    .addOption(dbOption().makeOptionMandatory())
    .addOption(nowOption())
    .addOption(formatOption(['table', 'json']))
    .action((words: { db: string; now?: Date; format: 'table' | 'json' }) =>
      report({
        kind: 'status',
        options: { db: words.db, now: words.now ?? null, format: words.format },
      }),
    );
}

function addRefreshCommand(program: Command, report: Report): void {
  program
    .command('refresh')
    .description('refresh one view, training set or model; without a name all that are stale')
    .argument('[name]', 'what to refresh')
    .addOption(dbOption().makeOptionMandatory())
    .addOption(nowOption())
    .addOption(new Option('--full', 'recompute').conflicts('incremental'))
    .addOption(new Option('--incremental', 'apply the changes; an error where that cannot be'))
    .addOption(formatOption(['table', 'json']))
    .action(
      (
        name: string | undefined,
        words: { db: string; now?: Date; full?: true; incremental?: true; format: 'table' | 'json' },
      ) =>
        report({
          kind: 'refresh',
          options: {
            name: name ?? null,
            db: words.db,
            now: words.now ?? null,
            how: words.full ? 'full' : words.incremental ? 'incremental' : 'auto',
            format: words.format,
          },
        }),
    );
}

function addDrillCommand(program: Command, report: Report): void {
  program
    .command('drill')
    .description("break copies of a table's latest updates, and tell which errors would be found")
    .addOption(dbOption().makeOptionMandatory())
    .addOption(new Option('--table <name>', 'the table; its option `profile` is on').makeOptionMandatory())
    .addOption(nowOption())
    .addOption(formatOption(['table', 'json']))
    .addOption(new Option('--json', 'the same as --format json'))
    .action((words: { db: string; table: string; now?: Date; format: 'table' | 'json'; json?: true }) =>
      report({
        kind: 'drill',
        options: {
          db: words.db,
          table: words.table,
          now: words.now ?? null,
          format: words.json ? 'json' : words.format,
        },
      }),
    );
}

function addDemoCommand(program: Command, report: Report): void {
  program
    .command('demo')
    .description('replay half a year of US flights through the engine, with a view and a model over them')
    .addOption(new Option('--db <file>', 'keep the database in this new file'))
    .addOption(
      new Option('--days <n>', 'replay so many days only')
        .argParser((text: string): number => {
          const days = Number(text);
          if (Number.isInteger(days) && days >= fewestDays && days <= daysOfFlights) return days;
          throw new InvalidArgumentError(`write a number from ${fewestDays} to ${daysOfFlights}`);
        })
        .default(daysOfFlights),
    )
    .action((words: { db?: string; days: number }) =>
      report({ kind: 'demo', options: { db: words.db ?? null, days: words.days } }),
    );
}

function dbOption(): Option {
  return new Option('--db <file>', 'the database file');
}

function nowOption(): Option {
  return new Option('--now <moment>', 'stop the clock at this moment, as 2001-06-30T06:00:00Z').argParser(
    (text: string): Date => {
      const moment = tryParseMoment(text);
      if (moment === null) throw new InvalidArgumentError('write it as 2001-06-30T06:00:00Z');
      return moment;
    },
  );
}

function formatOption(choices: readonly Format[]): Option {
  return new Option('--format <format>', 'how to answer').choices(choices).default('table');
}

/** Commander says `error: …\n(Did you mean …?)`; the house says message and hint. */
function misuseOf(error: CommanderError, words: readonly string[]): Failure {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const didYouMean = suggestion?.match(/^\(Did you mean (.*)\?\)$/)?.[1];
  const help = ['everview', ...commandOf(words), '--help'].join(' ');
  return {
    code: 'usage',
    message: message.replace(/\.$/, ''),
    hint: didYouMean !== undefined ? `did you mean ${didYouMean}?` : hintFor(error, help),
    at: null,
    statement: { line: 1, column: 1 },
  };
}

/** The command that was meant: `sql`, `lab run`. */
function commandOf(words: readonly string[]): readonly string[] {
  const [first, second] = words;
  if (first === undefined || first.startsWith('-')) return [];
  return first === 'lab' && (second === 'run' || second === 'suggest') ? [first, second] : [first];
}

function hintFor(error: CommanderError, help: string): string {
  if (error.code === 'commander.excessArguments' && help.includes(' sql ')) {
    return 'give statements with -c: everview sql -c "SELECT 1"';
  }
  if (error.code === 'commander.unknownCommand')
    return help.includes(' lab ') ? `see ${help}` : 'see everview --help';
  return `see ${help}`;
}
