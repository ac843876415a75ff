import type { AimsJudgement, PolicySummary, RunResult } from '../../src/lab/laboratory.ts';
import { publishedElec2 } from './published.ts';

/** What one set came to. */
export type SetReport = {
  readonly name: string;
  readonly source: string;
  readonly drift: string;
  readonly run: RunResult;
  readonly lines: readonly PolicySummary[];
};

/** A set whose data is absent. */
export type SkippedSet = { readonly name: string; readonly source: string; readonly file: string };

export type YearReport = {
  readonly policies: number;
  readonly steps: number;
  readonly rows: number;
  readonly workers: number;
  readonly elapsedSeconds: number;
};

/** POLICIES.md. */
export function policiesReport(
  machine: readonly string[],
  sets: readonly SetReport[],
  skipped: readonly SkippedSet[],
  aims: AimsJudgement,
  year: YearReport,
): string {
  return [
    '# Policies',
    '',
    'Written by `npm run bench:policies`: the histories of real data are replayed through the engine under a simulated ' +
      'clock, once for each policy. Losses, refreshes, staleness and what is billed are the same in every run; ' +
      'processor seconds are as they were measured. A refresh is billed 0.02 s and 1 µs for each row it has to read ' +
      '(in full: all it learns from; incremental: what changed), in policies and in hindsight alike. *Cost* is what is ' +
      'billed at the price of a second and what was lost at the price of a loss; *staleness cost* has in place of the ' +
      "loss what staleness is taken to cost, which a policy can know when it decides. Both stand beside the best schedule's in " +
      'hindsight over the same window and maintenance, among schedules that refresh at the same moment of a step as the ' +
      'policy does: before its answers (and at deadlines between two arrivals), or after them. *Outside bound* is the share ' +
      'of answers beyond what the policy declares: 0 where the engine enforces it at reads. `every update` (always-alarm ' +
      'among the detectors) answers first and refreshes then, so that every answer is a step behind. ◆ marks the Pareto ' +
      'front of loss and bill.',
    '',
    ...machine.map((line) => `- ${line}`),
    '',
    ...aimLines(aims, sets),
    ...yearLines(year),
    ...sets.flatMap(setLines),
    ...skippedLines(skipped),
  ].join('\n');
}

function aimLines({ auto, maxEffect, beaten }: AimsJudgement, sets: readonly SetReport[]): string[] {
  const worst = auto.sets.reduce((most, { times }) => Math.max(most, times), 0);
  const met = maxEffect.sets.filter(({ isMet }) => isMet).length;
  return [
    '## Aims',
    '',
    '| aim | measured | holds |',
    '|---|---|---|',
    `| \`auto\` within 2 × of hindsight (staleness cost) on every set | ${auto.sets.length === 0 ? 'none' : `at most ${decimals(worst, 3)} ×`} | ${yes(auto.isEachMet)} |`,
    `| \`auto\` at most 1.25 × of hindsight in the mean | ${auto.meanTimes === null ? 'none' : `${decimals(auto.meanTimes, 3)} ×`} | ${yes(auto.isMeanMet)} |`,
    `| \`max_effect\` at equal loss at most half the processor time of the best fixed interval, on at least half the sets | ${met} of ${maxEffect.sets.length} | ${yes(maxEffect.isMet)} |`,
    `| hindsight is never beaten | ${beaten.length === 0 ? 'never' : `${beaten.length} times`} | ${yes(beaten.length === 0)} |`,
    '',
    '| set | `auto` of hindsight | best fixed interval | its seconds of refreshes | `max_effect` at no more loss | of these seconds | of the bill |',
    '|---|--:|---|--:|---|--:|--:|',
    ...maxEffect.sets.map(({ set, interval, effect }) => {
      const times = auto.sets.find((one) => one.set === set)?.times;
      return row([
        set,
        times === undefined ? '' : `${decimals(times, 3)} ×`,
        interval.policy,
        decimals(interval.seconds, 2),
        effect === null ? 'none' : effect.policy,
        effect === null ? '' : percent(effect.share),
        effect === null ? '' : percent(effect.billedShare),
      ]);
    }),
    '',
    ...whyMaxEffect(maxEffect, sets),
    ...beaten.map(
      ({ set, policy, seed, objective, own, best }) =>
        `- beaten: ${set}, ${policy}, seed ${seed}, ${objective}: ${own} where hindsight has ${best}`,
    ),
  ];
}

/** Whether what `max_effect` does explains its aim. */
function whyMaxEffect({ isMet }: AimsJudgement['maxEffect'], sets: readonly SetReport[]): string[] {
  const shares = sets.flatMap(({ run, lines }) =>
    lines
      .filter(({ policy }) => policy.schedule.kind === 'max-effect')
      .map(
        ({ refreshes }) =>
          (refreshes.incremental + refreshes.full) / Math.max(1, run.cells[0]?.atMs.length ?? 0),
      ),
  );
  if (isMet || shares.length === 0) return [];
  const mean = total(shares) / shares.length;
  return [
    `Why \`max_effect\` does not save: a pending change has no proven effect until the model has taken it in, so that a bound of any size calls for a refresh at the first answer after each update. It refreshed in ${percent(mean)} of the updates, in the mean over sets.`,
    '',
  ];
}

function yearLines({ policies, steps, rows, workers, elapsedSeconds }: YearReport): string[] {
  return [
    '## A year of hourly data',
    '',
    `${rows} rows in ${steps} updates under ${policies} policies, and what hindsight is found from, in ${workers} processes: ${decimals(elapsedSeconds, 1)} s elapsed (aim: under 60 s on two cores).`,
    '',
  ];
}

function setLines({ name, source, drift, run, lines }: SetReport): string[] {
  const [cell] = run.cells;
  const measured = lines.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return [
    `## ${name}`,
    '',
    `${cell?.task === 'class' ? 'Classification' : 'Regression'} over ${tablesOf(run)}. Drift: ${drift}. Source: ${source}. ${cell?.atMs.length ?? 0} updates, ${cell?.loss ?? ''} loss, prices ${run.prices.cpuSecond} a second and ${run.prices.loss} a unit of loss; ${lines.length} policies in ${decimals(measured, 0)} s of processor time.`,
    '',
    '| policy | loss a row | refreshes, incremental + full | billed s | measured s | stale, median | stale, 90 % | outside bound | negative flips a promotion | cost | hindsight | staleness cost | hindsight | |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|',
    ...lines.map(policyRow),
    '',
    '| baseline | loss a row |',
    '|---|--:|',
    ...run.baselines.map(({ name: baseline, lossSum, rows }) =>
      row([baseline, digits(total(lossSum) / total(rows))]),
    ),
    '',
    ...(name === 'elec2' ? publishedLines() : []),
  ];
}

function tablesOf({ declarations }: RunResult): string {
  const count = [...declarations.matchAll(/\bCREATE TABLE\b/gi)].length;
  return count === 1 ? 'one table' : `${count} tables`;
}

function publishedLines(): string[] {
  return [
    'Published of the whole stream, each row predicted and then learned from; `test/lab/elec2.campaign.ts` has the trivial ones exactly, and a logistic model in their range:',
    '',
    '| learner | accuracy | protocol | source |',
    '|---|--:|---|---|',
    ...Object.values(publishedElec2).map(({ learner, accuracy, protocol, source }) =>
      row([learner, String(accuracy), protocol, source]),
    ),
    '',
  ];
}

function policyRow(line: PolicySummary): string {
  const { refreshes, staleness, negativeFlipsPerPromotion: flips, cost, hindsight } = line;
  return row([
    line.policy.name,
    digits(line.meanLoss),
    `${decimals(refreshes.incremental, 0)} + ${decimals(refreshes.full, 0)}`,
    decimals(line.billedSeconds, 2),
    decimals(line.refreshCpuSeconds, 2),
    days(staleness.ms.median),
    days(staleness.ms.p90),
    percent(line.outsideBound),
    flips === null ? '' : decimals(flips, 1),
    digits(cost.loss),
    hindsight.loss === null ? '' : digits(hindsight.loss),
    digits(cost.staleness),
    digits(hindsight.staleness),
    line.isOnFront ? '◆' : '',
  ]);
}

function skippedLines(skipped: readonly SkippedSet[]): string[] {
  if (skipped.length === 0) return [];
  return [
    '## Not measured',
    '',
    'The data is not in the folder `EVERVIEW_DATA` (by default `../shared/data`):',
    '',
    ...skipped.map(({ name, file, source }) => `- ${name}: \`${file}\`, from ${source}`),
    '',
  ];
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const yes = (holds: boolean): string => (holds ? 'yes' : 'no');

const decimals = (value: number, places: number): string => value.toFixed(places);

const digits = (value: number): string =>
  value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)
    ? String(Number(value.toPrecision(4)))
    : value.toExponential(2);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const days = (ms: number): string => `${(ms / 86_400_000).toFixed(1)} d`;

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
