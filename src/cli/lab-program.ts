import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ReplayOptions } from './lab-replay.ts';
import type { LabFormat, LabRunOptions } from './lab-run-command.ts';
import type { LabSuggestOptions } from './lab-suggest-command.ts';

export type LabInvocation =
  | { readonly kind: 'lab-run'; readonly options: LabRunOptions }
  | { readonly kind: 'lab-suggest'; readonly options: LabSuggestOptions };

type Report = (invocation: LabInvocation) => void;

type RunWords = {
  data?: string;
  cache: string | false;
  workers?: number;
  format: LabFormat;
  html?: string;
  out?: string;
  arrow?: string;
  compare?: string;
};

type SuggestWords = {
  cpuPrice?: number;
  lossPrice?: number;
  billed?: true;
  data?: string;
  cache: string | false;
  workers?: number;
  format: 'table' | 'json';
};

/** `everview lab …`: the laboratory of refresh policies. */
export function addLabCommands(program: Command, report: Report): void {
  const lab = program
    .command('lab')
    .description('measure refresh policies by replaying a history through the engine');
  addRunCommand(lab, report);
  addSuggestCommand(lab, report);
}

function addRunCommand(lab: Command, report: Report): void {
  lab
    .command('run')
    .description('replay a history under every policy of an experiment, and show what each came to')
    .argument('<experiment>', 'a .yaml, .sql, .ts or .js file')
    .addOption(dataOption())
    .addOption(cacheOption())
    .addOption(noCacheOption())
    .addOption(workersOption())
    .addOption(
      new Option('--format <format>', 'how to answer').choices(['table', 'json', 'arrow']).default('table'),
    )
    .addOption(new Option('--html <file>', 'write a report with plots, one file that needs no other'))
    .addOption(new Option('--out <file>', 'write the result as JSON, for suggest and --compare'))
    .addOption(new Option('--arrow <folder>', 'write policies, steps and refreshes as Arrow files'))
    .addOption(new Option('--compare <file>', 'show the difference from an earlier result'))
    .addHelpText('after', runHelp)
    .action((experiment: string, words: RunWords) =>
      report({
        kind: 'lab-run',
        options: {
          experiment,
          replay: replayOptions(words),
          format: words.format,
          html: words.html ?? null,
          out: words.out ?? null,
          arrow: words.arrow ?? null,
          compare: words.compare ?? null,
        },
      }),
    );
}

const runHelp = `
Replays that were done before are found in the cache, so a run that was stopped goes on where it was.

Examples:
  everview lab run demand.yaml
  everview lab run demand.yaml --html demand.html --out demand.json
  everview lab run demand.yaml --compare yesterday.json
  everview lab run demand.yaml --format arrow > demand.arrows
`;

function addSuggestCommand(lab: Command, report: Report): void {
  lab
    .command('suggest')
    .description('the cheapest policy at prices of yours, as the statements that declare it')
    .argument('<file>', 'a result that `lab run --out` wrote, or an experiment')
    .addOption(
      priceOption('--cpu-price <price>', 'of a second of processor time; by default as in the experiment'),
    )
    .addOption(priceOption('--loss-price <price>', 'of one unit of loss; by default as in the experiment'))
    .addOption(
      new Option('--billed', 'seconds as refreshes are billed, the same in every run, not as measured'),
    )
    .addOption(dataOption())
    .addOption(cacheOption())
    .addOption(noCacheOption())
    .addOption(workersOption())
    .addOption(new Option('--format <format>', 'how to answer').choices(['table', 'json']).default('table'))
    .action((file: string, words: SuggestWords) =>
      report({
        kind: 'lab-suggest',
        options: {
          file,
          cpuPrice: words.cpuPrice ?? null,
          lossPrice: words.lossPrice ?? null,
          billed: words.billed ?? false,
          replay: replayOptions(words),
          format: words.format,
        },
      }),
    );
}

function replayOptions(words: Pick<RunWords, 'data' | 'cache' | 'workers'>): ReplayOptions {
  return {
    data: words.data ?? null,
    cache: words.cache === false ? null : words.cache,
    workers: words.workers ?? null,
  };
}

const dataOption = (): Option =>
  new Option(
    '--data <folder>',
    "what {data} in the experiment stands for; by default the experiment's folder",
  );

const cacheOption = (): Option =>
  new Option('--cache <folder>', 'where replays are kept').default('.everview-lab');

const noCacheOption = (): Option => new Option('--no-cache', 'keep no replays, and take none from before');

const workersOption = (): Option =>
  new Option('--workers <n>', 'processes; by default as many as there are cores').argParser(
    (text: string) => {
      const workers = Number(text);
      if (text.trim() !== '' && Number.isInteger(workers) && workers >= 0 && workers <= 256) return workers;
      throw new InvalidArgumentError('write a number from 0 (all in this process) to 256');
    },
  );

function priceOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string): number => {
    const price = Number(text);
    if (text.trim() !== '' && Number.isFinite(price) && price >= 0) return price;
    throw new InvalidArgumentError('write a number, 0 or above');
  });
}
