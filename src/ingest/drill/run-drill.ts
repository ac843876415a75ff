import type { CatalogueCause } from '../../core/verdict.ts';
import type { Version } from '../../core/version.ts';
import { judgeProfile } from '../judge/judge-profile.ts';
import { knownColumns, type TableHistory } from '../judge/table-history.ts';
import type { TableUse } from '../judge/table-use.ts';
import type { BatchColumns } from '../profile/batch-columns.ts';
import { type BatchProfile, measureBatch, noJointPlan } from '../profile/batch-profile.ts';
import { type Injection, injectAll } from './inject.ts';

/** Shares of the rows that are hit. */
export const drillShares = [0.01, 0.05, 0.2, 1] as const;

/** An update to be copied and broken, with what was known before it came. */
export type DrilledUpdate = {
  readonly version: Version;
  readonly atMs: number;
  readonly batch: BatchColumns;
  readonly previous: BatchColumns;
  readonly history: TableHistory;
};

export type DrillSettings = {
  readonly table: string;
  readonly falseAlarmsPerMonth: number;
  readonly updatesPerMonth: number;
  readonly random: () => number;
  readonly use: TableUse;
  /** Names of the constraints that a broken copy breaks; null: none are declared. */
  readonly constraints: ((batch: BatchColumns) => Promise<readonly string[]>) | null;
  /** Is shown each copy's profile beside what became of it; null: nobody asks. */
  readonly watch: ((profile: BatchProfile, outcome: DrillOutcome) => void) | null;
};

/** What became of one error in one copy. */
export type DrillOutcome = {
  readonly cause: CatalogueCause;
  readonly what: string;
  readonly columns: readonly string[];
  readonly share: number;
  /** Findings at least noticed. */
  readonly findings: number;
  /** Names of the constraints that it breaks. */
  readonly constraints: readonly string[];
  /** What the first finding names; null: nothing was found. */
  readonly named: CatalogueCause | null;
  readonly isRightlyNamed: boolean;
  readonly isBlocked: boolean;
  /** The statistic that showed it best. */
  readonly by: string | null;
};

/** Puts every error that can happen into copies of one update, at each share of its rows, and judges the copies. */
export async function drillUpdate(update: DrilledUpdate, settings: DrillSettings): Promise<DrillOutcome[]> {
  const { constraints, random } = settings;
  // What the update as it came seems to break is no sign of anything.
  const usual = new Set(await constraints?.(update.batch));
  const outcomes: DrillOutcome[] = [];
  for (const share of drillShares) {
    const context = { share, random, previous: update.previous };
    for (const injection of injectAll(update.batch, context)) {
      const broken = (await constraints?.(injection.batch)) ?? [];
      const outcome = outcomeOf(update, injection, share, settings);
      outcomes.push({ ...outcome, constraints: broken.filter((name) => !usual.has(name)) });
    }
  }
  return outcomes;
}

/** By the judgement, or by what is declared. */
export function isCaught({ findings, constraints }: DrillOutcome): boolean {
  return findings > 0 || constraints.length > 0;
}

function outcomeOf(
  { version, atMs, history }: DrilledUpdate,
  injection: Injection,
  share: number,
  { table, falseAlarmsPerMonth, updatesPerMonth, use, watch }: DrillSettings,
): DrillOutcome {
  const names = injection.batch.columns.map(({ name }) => name);
  const known = knownColumns(history, names);
  const profile = measureBatch(injection.batch, history.plan ?? noJointPlan, known);
  const judged = { table, version, atMs, profile, known, falseAlarmsPerMonth, updatesPerMonth, use };
  const verdict = judgeProfile(judged, history);
  const findings = verdict.findings.filter(({ severity }) => severity !== 'log');
  const [first] = findings;
  const { cause, what, columns } = injection;
  const outcome: DrillOutcome = {
    cause,
    what,
    columns,
    share,
    findings: findings.length,
    constraints: [],
    named: first?.cause ?? null,
    isRightlyNamed: findings.some((finding) => finding.cause === cause),
    isBlocked: verdict.severity === 'block',
    by: first?.statistic ?? null,
  };
  watch?.(profile, outcome);
  return outcome;
}

/** How often one error was caught, by the share of the rows it hit. */
export type DrillLine = {
  readonly cause: CatalogueCause;
  readonly what: string;
  /** In the order of `drillShares`; NaN where it was never put in. */
  readonly recall: readonly number[];
  readonly tried: number;
  readonly caught: number;
  /** Of those caught, how many the judgement found, and how many it named rightly; the others broke a constraint. */
  readonly judged: number;
  readonly rightlyNamed: number;
  /** Findings an error that the judgement found, on average. */
  readonly findings: number;
  /** The constraints that it broke and the statistics that showed it, the most frequent first. */
  readonly by: readonly string[];
};

/** Outcomes by error, in the order they were first met. */
export function drillLines(outcomes: readonly DrillOutcome[]): DrillLine[] {
  const groups = groupedBy(outcomes, ({ cause, what }) => `${cause} ${what}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [lineOf(first.cause, first.what, group)];
  });
}

export function lineOf(cause: CatalogueCause, what: string, outcomes: readonly DrillOutcome[]): DrillLine {
  const caught = outcomes.filter(isCaught);
  const judged = outcomes.filter(({ findings }) => findings > 0);
  const by = new Map<string, number>();
  for (const { constraints, by: statistic } of caught) {
    const names = statistic === null ? constraints : [...constraints, statistic];
    for (const name of names) by.set(name, (by.get(name) ?? 0) + 1);
  }
  return {
    cause,
    what,
    recall: drillShares.map((share) => {
      const tried = outcomes.filter((outcome) => outcome.share === share);
      return tried.filter(isCaught).length / tried.length;
    }),
    tried: outcomes.length,
    caught: caught.length,
    judged: judged.length,
    rightlyNamed: judged.filter(({ isRightlyNamed }) => isRightlyNamed).length,
    findings: judged.reduce((sum, { findings }) => sum + findings, 0) / judged.length,
    by: [...by].sort((a, b) => b[1] - a[1]).map(([name]) => name),
  };
}

function groupedBy(
  outcomes: readonly DrillOutcome[],
  keyOf: (outcome: DrillOutcome) => string,
): ReadonlyMap<string, readonly DrillOutcome[]> {
  const groups = new Map<string, DrillOutcome[]>();
  for (const outcome of outcomes) {
    const key = keyOf(outcome);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [outcome]);
    else group.push(outcome);
  }
  return groups;
}
