import { columnNames } from '../../src/core/schema.ts';
import type { FindingSeverity, Verdict } from '../../src/core/verdict.ts';
import { versionOf } from '../../src/core/version.ts';
import { injectAll } from '../../src/ingest/drill/inject.ts';
import { type DrillOutcome, drillShares, drillUpdate } from '../../src/ingest/drill/run-drill.ts';
import { seededRandom } from '../../src/ingest/drill/seeded-random.ts';
import { compareBatch } from '../../src/ingest/judge/compare-batch.ts';
import { judgeProfile } from '../../src/ingest/judge/judge-profile.ts';
import { budgetPerUpdate, cautionOf } from '../../src/ingest/judge/significance.ts';
import {
  emptyHistory,
  historyLength,
  knownColumns,
  learningStateOf,
  subjectsOf,
  type TableHistory,
  withUpdate,
} from '../../src/ingest/judge/table-history.ts';
import { unknownUse } from '../../src/ingest/judge/table-use.ts';
import { type BatchProfile, measureBatch, noJointPlan } from '../../src/ingest/profile/batch-profile.ts';
import { grownPlan } from '../../src/ingest/profile/joint-plan.ts';
import { baselines } from './baselines.ts';
import { type BrokenUpdate, type SeenUpdate, seenUpdate } from './limit.ts';
import type { LoadedSet } from './load-set.ts';

/** What one detector did with clean updates and with broken copies of them. */
export type DetectorTally = {
  readonly name: string;
  readonly clean: number;
  readonly falseAlarms: number;
  /** By share of rows: copies broken, and found. */
  readonly broken: readonly number[];
  readonly found: readonly number[];
};

/** An update as it came of which something was said. */
export type NoticedUpdate = {
  /** Its place in the replay. */
  readonly update: number;
  readonly isBlocked: boolean;
  readonly cause: string;
  readonly columns: readonly string[];
  readonly statistic: string;
};

/** An update as it came, at its place in the replay. */
export type CleanUpdate = SeenUpdate & { readonly update: number };

export type ReplayResult = {
  readonly name: string;
  readonly heldOut: boolean;
  readonly updates: number;
  readonly rows: number;
  readonly severities: Readonly<Record<FindingSeverity, number>>;
  readonly outcomes: readonly DrillOutcome[];
  readonly baselines: readonly DetectorTally[];
  readonly noticed: readonly NoticedUpdate[];
  /** All updates as they came, and all broken copies, for who looks at them in hindsight. */
  readonly clean: readonly CleanUpdate[];
  readonly broken: readonly BrokenUpdate[];
};

/** Everything is at the limit of the issue: a notice for at most 1 % of the updates, a block for at most 0.1 %. */
const budget = { falseAlarmsPerMonth: 1, updatesPerMonth: 1, use: unknownUse };

/** Updates of each set whose copies are broken, spread over its last third. */
const drilledUpdates = 6;

/**
 * Replays a set update by update, as if the engine took each. What is blocked is taken as if a person had accepted it:
 * the sets are as they came, so whatever is said of them counts as a false alarm, though some of it is true.
 */
export async function replay({ set, schema, batches }: LoadedSet, isQuick: boolean): Promise<ReplayResult> {
  const severities = { block: 0, notice: 0, log: 0 };
  const outcomes: DrillOutcome[] = [];
  const noticed: NoticedUpdate[] = [];
  const [clean, copies]: [CleanUpdate[], BrokenUpdate[]] = [[], []];
  const tallies = baselines.map(({ name }) => new Tally(name));
  const step = Math.max(1, Math.floor(batches.length / 3 / (isQuick ? 1 : drilledUpdates)));
  let history: TableHistory = emptyHistory;
  let judged = 0;
  for (const [index, { columns, atMs }] of batches.entries()) {
    const plan = grownPlan(history.plan, columns);
    const before = { ...history, plan };
    const known = knownColumns(before, columnNames(schema));
    const profile = measureBatch(columns, plan ?? noJointPlan, known);
    const version = versionOf(index + 1);
    const verdict: Verdict = judgeProfile(
      { ...budget, table: set.name, version, atMs, profile, known },
      before,
    );
    if (verdict.state === 'judged') {
      judged += 1;
      if (verdict.severity !== null) severities[verdict.severity] += 1;
      noticed.push(...noticedOf(index, verdict));
      clean.push({ update: index, ...seenWith(profile, before, atMs) });
      for (const [place, { isBad }] of baselines.entries()) tallies[place]?.clean(isBad(profile, before));
      const previous = batches[index - 1]?.columns;
      const isLate = index > (2 * batches.length) / 3 && index % step === 0;
      if (isLate && previous !== undefined && verdict.severity !== 'block' && verdict.severity !== 'notice') {
        const random = seededRandom(index);
        const update = { version, atMs, batch: columns, previous, history: before };
        const watch = (copy: BatchProfile, outcome: DrillOutcome) =>
          copies.push(brokenOf(outcome, seenWith(copy, before, atMs)));
        outcomes.push(
          ...(await drillUpdate(update, { ...budget, constraints: null, table: set.name, random, watch })),
        );
        for (const [place, share] of drillShares.entries()) {
          for (const injection of injectAll(columns, {
            share,
            random: seededRandom(index + place),
            previous,
          })) {
            const broken = measureBatch(injection.batch, noJointPlan, known);
            for (const [which, { isBad }] of baselines.entries())
              tallies[which]?.broken(place, isBad(broken, before));
          }
        }
      }
    }
    const state = verdict.severity === 'block' ? 'learned' : learningStateOf(verdict.severity, false);
    const unit = { version, atMs, profile, ...subjectsOf(verdict.findings) };
    history = withUpdate(before, unit, state).history;
  }
  const rows = Math.round(batches.reduce((sum, { columns }) => sum + columns.rows, 0) / batches.length);
  const { name, heldOut } = set;
  return {
    name,
    heldOut,
    updates: judged,
    rows,
    severities,
    outcomes,
    baselines: tallies.map((tally) => tally.result()),
    noticed,
    clean,
    broken: copies,
  };
}

/** With all tests, those too that tell nothing. */
function seenWith(profile: BatchProfile, history: TableHistory, atMs: number): SeenUpdate {
  const { weight, results } = compareBatch(profile, history, atMs, () => true);
  const { falseAlarmsPerMonth, updatesPerMonth } = budget;
  return seenUpdate(
    results,
    weight,
    cautionOf(budgetPerUpdate(falseAlarmsPerMonth, updatesPerMonth), history),
  );
}

function brokenOf(outcome: DrillOutcome, seen: SeenUpdate): BrokenUpdate {
  const { cause, what, columns, share } = outcome;
  const isOfRows = columns.length === 0 || cause === 'missing-segment';
  return { ...seen, error: `${cause} ${what}`, columns, isOfRows, share };
}

function noticedOf(update: number, { severity, findings }: Verdict): NoticedUpdate[] {
  const [first] = findings.filter((finding) => finding.severity === severity);
  if (first === undefined || (severity !== 'notice' && severity !== 'block')) return [];
  const { cause, columns, statistic } = first;
  return [{ update, isBlocked: severity === 'block', cause, columns, statistic }];
}

/** Updates that are looked back at, for the report. */
export const lookedBack = historyLength;

class Tally {
  readonly #name: string;
  #clean = 0;
  #falseAlarms = 0;
  readonly #broken = drillShares.map(() => 0);
  readonly #found = drillShares.map(() => 0);

  constructor(name: string) {
    this.#name = name;
  }

  clean(isBad: boolean): void {
    this.#clean += 1;
    if (isBad) this.#falseAlarms += 1;
  }

  broken(place: number, isBad: boolean): void {
    this.#broken[place] = (this.#broken[place] ?? 0) + 1;
    if (isBad) this.#found[place] = (this.#found[place] ?? 0) + 1;
  }

  result(): DetectorTally {
    return {
      name: this.#name,
      clean: this.#clean,
      falseAlarms: this.#falseAlarms,
      broken: this.#broken,
      found: this.#found,
    };
  }
}
