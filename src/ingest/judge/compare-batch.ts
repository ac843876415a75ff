import type { BatchProfile } from '../profile/batch-profile.ts';
import { type ColumnProfile, countNames, measureNames } from '../profile/column-profile.ts';
import type { JointPlan } from '../profile/joint-plan.ts';
import type { ModelEffect } from '../profile/model-effect.ts';
import {
  clusterOf,
  comparedValues,
  coversMonths,
  hasFewValues,
  largestJump,
  reachOf,
  rowsOf,
  typicalWidth,
} from './column-past.ts';
import { type EffectStatistic, effectsOf, relationAt } from './effect-history.ts';
import { createForecastWork, type ForecastWork } from './forecast.ts';
import { columnHistory, historyLength, learningUpdates, type TableHistory } from './table-history.ts';
import { type MeasureScale, testMeasure } from './test-measure.ts';
import { type RateTest, testRate } from './test-rate.ts';
import type { TestResult } from './test-result.ts';

/** The batch's tests; those that found nothing at all are only counted. */
export type Comparison = { readonly tests: number; readonly results: readonly TestResult[] };

/** p-values above this are not kept: no threshold is as high. */
const kept = 0.01;

/** Compares every statistic of a batch with the table's history. */
export function compareBatch(profile: BatchProfile, history: TableHistory, atMs: number): Comparison {
  const collector = new Collector(history, atMs);
  collector.table(profile);
  for (const [index, column] of profile.columns.entries()) {
    collector.column(column, columnHistory(history, column.name, index), profile.rows);
  }
  if (history.plan !== null) collector.joint(profile, history.plan);
  for (const effect of profile.effects) collector.effect(effect);
  return { tests: collector.tests, results: collector.results };
}

type RateOptions = { readonly usualJump?: number; readonly cluster?: number; readonly onlyUp?: boolean };

type RateCase = RateOptions & {
  readonly column: string;
  readonly model?: string | null;
  readonly statistic: string;
  readonly value?: string;
  /** Rows hit, of so many. */
  readonly k: number;
  readonly n: number;
  readonly hits: readonly number[];
  readonly rows: readonly number[];
  readonly others?: readonly string[];
};

class Collector {
  tests = 0;
  readonly results: TestResult[] = [];
  readonly #history: TableHistory;
  readonly #work: ForecastWork = createForecastWork(historyLength + 1);
  readonly #weekdays: readonly number[] | null;
  readonly #weekday: number;
  readonly #rows: readonly number[];

  constructor(history: TableHistory, atMs: number) {
    this.#history = history;
    const moments = history.units.map((unit) => unit.atMs);
    const [first = 0, last = 0] = [moments[0], moments[moments.length - 1]];
    this.#weekdays = last - first >= 21 * 86_400_000 ? moments.map(weekdayOf) : null;
    this.#weekday = weekdayOf(atMs);
    this.#rows = history.units.map(({ profile }) => profile.rows);
  }

  table(profile: BatchProfile): void {
    const rows = this.#history.units.map((unit) => unit.profile.rows);
    this.#measure('', 'rows', profile.rows, profile.rows, rows, { kind: 'ratio', floor: 0.2, unit: 1 });
    const hits = this.#history.units.map((unit) => unit.profile.duplicates);
    const n = profile.rows;
    this.#rate({ column: '', statistic: 'duplicates', k: profile.duplicates, n, hits, rows, onlyUp: true });
  }

  column(column: ColumnProfile, past: readonly (ColumnProfile | null)[], rows: number): void {
    const { name, kind, present } = column;
    const presents = past.map((one) => one?.present ?? 0);
    const cluster = clusterOf(past);
    const rate = (
      statistic: string,
      k: number,
      hits: (one: ColumnProfile) => number,
      more: RateOptions = {},
    ) => {
      const series = past.map((one) => (one === null ? 0 : hits(one)));
      this.#rate({ column: name, statistic, k, n: present, hits: series, rows: presents, cluster, ...more });
    };
    const nulls = past.map((one) => one?.nulls ?? 0);
    this.#rate({ column: name, statistic: 'null', k: column.nulls, n: rows, hits: nulls, rows: this.#rows });
    for (const [place, statistic] of countNames[kind].entries()) {
      if (statistic === 'late-day' && !coversMonths(past)) continue;
      rate(statistic, column.counts[place] ?? 0, (one) => one.counts[place] ?? 0, optionsOf(statistic));
    }
    const reach = reachOf(past);
    const { novel } = column;
    if (kind === 'number' || kind === 'time' || kind === 'day') {
      const isFar = reach.least - novel.belowMedian > 0.5 * (reach.greatest - reach.least);
      rate('below-range', novel.below, (one) => one.novel.below, {
        usualJump: isFar ? 0 : 0.1,
        onlyUp: true,
      });
    }
    if (kind === 'number') {
      const isFar = novel.aboveMedian - reach.greatest > 0.5 * (reach.greatest - reach.least);
      rate('above-range', novel.above, (one) => one.novel.above, {
        usualJump: isFar ? 0 : 0.1,
        onlyUp: true,
      });
    }
    if (kind === 'text') rate('new-patterns', novel.patterns, (one) => one.novel.patterns, { onlyUp: true });
    if (kind === 'text' || kind === 'number') {
      const usualJump = kind === 'text' ? 0 : 0.1;
      rate('new-values', novel.values, (one) => one.novel.values, { usualJump, onlyUp: true });
    }
    this.#values(column, past, presents);
    this.#measures(column, past, presents);
  }

  /** Shares of single values: of each that is frequent where there are few, or else of the most frequent. */
  #values(column: ColumnProfile, past: readonly (ColumnProfile | null)[], presents: readonly number[]): void {
    const { name: of, kind, present: n } = column;
    if (kind === 'boolean' || kind === 'other' || kind === 'day') return;
    const base = { column: of, n, rows: presents };
    if (column.values !== null && hasFewValues(past)) {
      // A new number among few is seldom news of itself; what is used for "none" is counted apart.
      const usualJump = Math.max(largestJump(past), kind === 'number' ? 0.1 : 0);
      for (const [value, k] of comparedValues(column, past)) {
        const hits = past.map((one) => (one === null ? 0 : rowsOf(one, value)));
        this.#rate({ ...base, statistic: 'value', value, k, hits, usualJump });
      }
      return;
    }
    const [top] = column.top;
    if (top === undefined) return;
    const hits = past.map((one) => one?.top[0]?.[1] ?? 0);
    const options = { usualJump: 0.1, onlyUp: true, cluster: clusterOf(past) };
    this.#rate({ ...base, statistic: 'top', value: top[0], k: top[1], hits, ...options });
  }

  #measures(
    column: ColumnProfile,
    past: readonly (ColumnProfile | null)[],
    presents: readonly number[],
  ): void {
    const { kind, name, present } = column;
    const width = kind === 'number' ? typicalWidth(past) : 1;
    // Quantiles of few values jump from one to the next: their shares say it better.
    const isDiscrete = kind === 'number' && hasFewValues(past);
    for (const [place, statistic] of measureNames[kind].entries()) {
      if (isDiscrete && statistic !== 'run') continue;
      const values = past.map((one) => one?.measures[place] ?? Number.NaN);
      const now = column.measures[place] ?? Number.NaN;
      this.#measure(name, statistic, now, present, values, scaleOf(statistic, width), presents);
    }
  }

  joint(profile: BatchProfile, plan: JointPlan): void {
    for (const [place, [a, b]] of plan.correlations.entries()) {
      const values = this.#history.units.map((unit) => unit.profile.correlations[place] ?? Number.NaN);
      const now = profile.correlations[place] ?? Number.NaN;
      this.#measure(a, 'correlation', now, profile.rows, values, { kind: 'plain', floor: 0.15 }, this.#rows, [
        b,
      ]);
    }
    for (const [place, rule] of plan.rules.entries()) {
      const others = 'c' in rule ? [rule.b, rule.c] : [rule.b];
      const [broken, rows] = profile.rules[place] ?? [0, 0];
      const past = this.#history.units.map((unit) => unit.profile.rules[place] ?? ([0, 0] as const));
      const statistic = `agreement:${rule.kind}`;
      const [hits, of] = [past.map(([k]) => k), past.map(([, n]) => n)];
      this.#rate({ column: rule.a, statistic, k: broken, n: rows, hits, rows: of, others, onlyUp: true });
    }
  }

  /** What a model made of the rows, against what it and its forerunners made of those before. */
  effect(effect: ModelEffect): void {
    const past = effectsOf(this.#history, effect);
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
      const test = testMeasure(figureOf(effect), effect.rows, series, scale, this.#work);
      // To err less than usual is no news; neither is a small move.
      const speaks =
        test !== null && (statistic === 'relation' || (statistic === 'skill') === test.effect < 0);
      const isTelling = test !== null && speaks && test.isTelling;
      this.#add(test === null ? null : { ...test, isTelling }, {
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
    this.#rate({ column: '', model, statistic: 'surprises', k, n, hits, rows, onlyUp: true });
    for (const [place, [feature]] of effect.relations.entries()) {
      measure('relation', (one) => relationAt(one, feature, place), { kind: 'plain', floor: 0.15 }, feature);
    }
  }

  #rate({
    column,
    model = null,
    statistic,
    value,
    k,
    n,
    hits,
    rows,
    others = [],
    ...options
  }: RateCase): void {
    const { usualJump = 0, cluster = 1, onlyUp = false } = options;
    const series = {
      hits,
      rows,
      usualJump,
      cluster,
      onlyUp,
      weekdays: this.#weekdays,
      weekday: this.#weekday,
    };
    this.#add(testRate(k, n, series, this.#work), {
      column,
      model,
      others,
      statistic,
      value: value ?? null,
      kind: 'rate',
    });
  }

  #measure(
    column: string,
    statistic: string,
    now: number,
    n: number,
    values: readonly number[],
    scale: MeasureScale,
    rows: readonly number[] = this.#rows,
    others: readonly string[] = [],
  ): void {
    const series = { values, rows, weekdays: this.#weekdays, weekday: this.#weekday };
    const test = testMeasure(now, n, series, scale, this.#work);
    this.#add(test, { column, model: null, others, statistic, value: null, kind: 'measure' });
  }

  #add(
    test: RateTest | null,
    what: Pick<TestResult, 'column' | 'model' | 'others' | 'statistic' | 'value' | 'kind'>,
  ): void {
    if (test === null) return;
    this.tests += 1;
    if (test.pValue <= kept && test.isTelling) this.results.push({ ...what, ...test });
  }
}

/**
 * As a ratio, so that a loss of all of it stands out however much it varies; below half of what chance gives it is that.
 */
function skillAbove({ skill, rows }: ModelEffect): number {
  return Math.max(skill, 0.5 / Math.sqrt(rows));
}

function weekdayOf(ms: number): number {
  return (Math.floor(ms / 86_400_000) + 4) % 7;
}

/** Counts of what is wrong wherever it comes: more of it is news though there was none before, less never is. */
const suspicious: ReadonlySet<string> = new Set([
  'zero',
  'negative',
  'nonfinite',
  'minus-one',
  'nines',
  'epoch',
  'empty',
  'implicit-null',
  'damaged',
  'padded',
  'leading-zero',
]);

/** Counts that weather, seasons and fashions move, all rows of a batch together. */
const moody: ReadonlySet<string> = new Set([
  'whole',
  'tenths',
  'late-day',
  'midnight',
  'whole-hour',
  'digits',
]);

function optionsOf(statistic: string): RateOptions {
  if (suspicious.has(statistic)) return { onlyUp: true };
  return moody.has(statistic) ? { usualJump: 0.1 } : {};
}

function scaleOf(statistic: string, width: number): MeasureScale {
  switch (statistic) {
    case 'q05':
    case 'q25':
    case 'median':
    case 'q75':
    case 'q95':
      return { kind: 'ratio', floor: 0.1, unit: width };
    case 'spread':
    case 'roughness':
    case 'length':
      return { kind: 'ratio', floor: 0.15, unit: 1 };
    case 'run':
      return { kind: 'plain', floor: 0.5 };
    case 'distinct':
    case 'hour-east':
    case 'hour-north':
    case 'inversions':
      return { kind: 'plain', floor: 0.03 };
    case 'first-step':
    case 'median-step':
    case 'last-step':
      return { kind: 'plain', floor: 1_800_000 };
    case 'span':
      return { kind: 'plain', floor: 0.2 };
    default:
      return { kind: 'plain', floor: 0.15 };
  }
}
