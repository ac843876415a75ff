import type { BatchProfile } from '../profile/batch-profile.ts';
import type { JointPlan } from '../profile/joint-plan.ts';
import type { ModelEffect } from '../profile/model-effect.ts';
import { compareColumn } from './compare-column.ts';
import { compareCorrelations } from './compare-correlations.ts';
import { type EffectStatistic, effectsOf, relationAt } from './effect-history.ts';
import { sign } from './statistic-options.ts';
import { columnHistory, learningUpdates, type TableHistory } from './table-history.ts';
import { type KeepsTest, mayTell, TestCollector } from './test-collector.ts';
import { type MeasureScale, testMeasure } from './test-measure.ts';
import type { TestResult } from './test-result.ts';

/** The batch's tests; those that found nothing at all are only counted. */
export type Comparison = {
  readonly tests: number;
  /** Of all of them together, by which they share the budget. */
  readonly weight: number;
  readonly results: readonly TestResult[];
};

/** Compares every statistic of a batch with the table's history. */
export function compareBatch(
  profile: BatchProfile,
  history: TableHistory,
  atMs: number,
  keeps: KeepsTest = mayTell,
): Comparison {
  const collector = new TestCollector(history, atMs, keeps);
  compareRows(collector, profile);
  for (const [index, column] of profile.columns.entries()) {
    compareColumn(collector, column, columnHistory(history, column.name, index), profile.rows, index);
  }
  if (history.plan !== null) compareJoint(collector, profile, history.plan);
  for (const effect of profile.effects) compareEffect(collector, effect);
  const { tests, weight, results } = collector;
  return { tests, weight, results };
}

function compareRows(collector: TestCollector, profile: BatchProfile): void {
  const rows = collector.history.units.map((unit) => unit.profile.rows);
  collector.measure('', 'rows', profile.rows, profile.rows, rows, { kind: 'ratio', floor: 0.02, unit: 1 });
  const hits = collector.history.units.map((unit) => unit.profile.duplicates);
  const n = profile.rows;
  collector.rate({ column: '', statistic: 'duplicates', k: profile.duplicates, n, hits, rows }, sign(2));
}

function compareJoint(collector: TestCollector, profile: BatchProfile, plan: JointPlan): void {
  compareDependencies(collector, profile, plan);
  compareCorrelations(collector, profile, plan);
  for (const [place, rule] of plan.rules.entries()) {
    const others = 'c' in rule ? [rule.b, rule.c] : [rule.b];
    const [broken, rows] = profile.rules[place] ?? [0, 0];
    const past = collector.history.units.map((unit) => unit.profile.rules[place] ?? ([0, 0] as const));
    const statistic = `agreement:${rule.kind}`;
    const [hits, of] = [past.map(([k]) => k), past.map(([, n]) => n)];
    collector.rate({ column: rule.a, statistic, k: broken, n: rows, hits, rows: of, others }, sign(1));
  }
}

function compareDependencies(
  collector: TestCollector,
  profile: BatchProfile,
  { dependencies }: JointPlan,
): void {
  for (const [place, { a, b, part }] of dependencies.entries()) {
    const [unlike, grouped] = profile.dependencies[place] ?? [0, 0];
    const past = collector.history.units.map((unit) => unit.profile.dependencies[place] ?? ([0, 0] as const));
    const [hits, of] = [past.map(([k]) => k), past.map(([, n]) => n)];
    const statistic = part === null ? 'agreement:determines' : `agreement:determines-by-${part}`;
    collector.rate({ column: a, statistic, k: unlike, n: grouped, hits, rows: of, others: [b] }, sign(1));
  }
}

/** What a model made of the rows, against what it and its forerunners made of those before. */
function compareEffect(collector: TestCollector, effect: ModelEffect): void {
  const past = effectsOf(collector.history, effect);
  if (past.length < learningUpdates) return;
  const { model } = effect;
  const rows = past.map((one) => one.rows);
  const measure = (
    statistic: EffectStatistic,
    figureOf: (one: ModelEffect) => number,
    scale: MeasureScale,
    column = '',
  ) => {
    const series = { values: past.map(figureOf), rows, weekdays: null, weekday: 0 };
    const test = testMeasure(figureOf(effect), effect.rows, series, scale, collector.work);
    // To err less than usual is no news; neither is a small move.
    const speaks = test !== null && (statistic === 'relation' || (statistic === 'skill') === test.effect < 0);
    const isTelling = test !== null && speaks && test.isTelling;
    collector.add(test === null ? null : { ...test, isTelling }, {
      column,
      model,
      others: [],
      statistic,
      value: null,
      kind: 'measure',
    });
  };
  measure('loss', (one) => one.loss, { kind: 'ratio', floor: 0.1, unit: 1 });
  measure('error', (one) => one.error, { kind: 'ratio', floor: 0.1, unit: 1 });
  measure('skill', skillAbove, { kind: 'ratio', floor: 0.15, unit: 1 });
  measure('move', (one) => one.move, { kind: 'ratio', floor: 0.5, unit: 1 });
  measure('largest-move', (one) => one.largestMove, { kind: 'ratio', floor: 0.7, unit: 1 });
  const [k, n] = [effect.surprises, effect.rows];
  const hits = past.map((one) => one.surprises);
  collector.rate({ column: '', model, statistic: 'surprises', k, n, hits, rows }, { onlyUp: true });
  for (const [place, [feature]] of effect.relations.entries()) {
    measure('relation', (one) => relationAt(one, feature, place), { kind: 'plain', floor: 0.15 }, feature);
  }
}

/**
 * As a ratio, so that a loss of all of it stands out however much it varies; below half of what chance gives it is that.
 */
function skillAbove({ skill, rows }: ModelEffect): number {
  return Math.max(skill, 0.5 / Math.sqrt(rows));
}
