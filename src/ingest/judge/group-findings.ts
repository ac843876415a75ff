import { quoteIdentifier } from '../../core/identifier.ts';
import type { CatalogueCause, Evidence, Finding } from '../../core/verdict.ts';
import type { BatchProfile } from '../profile/batch-profile.ts';
import { measureNames } from '../profile/column-profile.ts';
import type { KnownColumn } from '../profile/known-column.ts';
import { type ColumnCase, type NamedCause, percent } from './column-case.ts';
import { isGone } from './common-cause.ts';
import { findSwap } from './find-swap.ts';
import { severityOfGroup, shadows } from './group-severity.ts';
import { middle } from './middle.ts';
import { nameCause } from './name-cause.ts';
import { type EffectCase, effectCases, effectSentence, nameEffect } from './name-effect.ts';
import { severityOf, type Thresholds } from './significance.ts';
import { columnHistory, type TableHistory } from './table-history.ts';
import type { TableUse } from './table-use.ts';
import type { TestResult } from './test-result.ts';

export type GroupingInput = {
  readonly table: string;
  readonly profile: BatchProfile;
  readonly history: TableHistory;
  readonly known: ReadonlyMap<string, KnownColumn>;
  readonly results: readonly TestResult[];
  readonly thresholds: Thresholds;
  readonly use: TableUse;
  readonly atMs: number;
};

/** What rows that came twice do to the moments of their time. */
const ofDoubledRows: ReadonlySet<string> = new Set(['ties', 'gaps']);

type Group = {
  readonly columns: readonly string[];
  readonly named: NamedCause;
  readonly tests: readonly TestResult[];
};

/** Causes that fewer rows bring about. */
const ofRows: ReadonlySet<CatalogueCause> = new Set<CatalogueCause>(['missing-rows', 'time-shift']);

/** One finding a root cause: tests of a column make one, columns with one cause make one, shadows join what casts them. */
export function groupFindings(input: GroupingInput): Finding[] {
  const told = input.results.filter((test) => severityOf(test, input.thresholds) !== null);
  const isDoubled = told.some(({ statistic }) => statistic === 'duplicates');
  const telling = told
    .filter(({ statistic }) => !(isDoubled && ofDoubledRows.has(statistic)))
    .sort((a, b) => a.pValue - b.pValue || b.beyond - a.beyond);
  if (telling.length === 0) return [];
  const isJoint = (test: TestResult) => test.others.length > 0;
  const ofRows = telling.filter(({ model }) => model === null);
  const marginal = ofRows.filter((test) => test.column !== '' && !isJoint(test));
  const cases = casesOf(input, marginal);
  const swap = findSwap(cases, input);
  const groups: Group[] = [...rowGroups(ofRows), ...(swap === null ? [] : [swap])];
  for (const one of cases) {
    if (swap?.columns.includes(one.column.name)) continue;
    groups.push({ columns: [one.column.name], named: nameCause(one), tests: one.tests });
  }
  withEffects(groups, effectCases(input.profile.effects, input.history, telling), input);
  const explained = new Set(groups.flatMap(({ columns }) => columns));
  const joint = ofRows.filter(isJoint);
  const loose = joint.filter((test) => ![test.column, ...test.others].some((name) => explained.has(name)));
  if (loose.length > 0) groups.push(jointGroup(input, loose));
  return absorbed(merged(groups)).map((group) => findingOf(input, group));
}

/**
 * What models make of the batch speaks for a cause that is found in a column they read, where there is one that is not
 * the shadow of another; else it makes a finding of its own. Models of one label that say the same say it once.
 */
function withEffects(groups: Group[], cases: readonly EffectCase[], { profile }: GroupingInput): void {
  const known = new Map(profile.columns.map(({ name }) => [lower(name), name]));
  for (const one of cases) {
    const read = new Set([one.effect.label, ...one.effect.relations.map(([name]) => name)].map(lower));
    const { columns, named } = nameEffect(one);
    const isShadow = shadows.has(named.cause);
    const casts = (group: Group) =>
      (isShadow || !shadows.has(group.named.cause)) && group.columns.some((name) => read.has(lower(name)));
    const seen = groups.findIndex(casts);
    const group = groups[seen];
    if (group === undefined) {
      const own = columns.flatMap((name) => known.get(lower(name)) ?? []);
      groups.push({ columns: own, named, tests: one.tests });
      continue;
    }
    const explanation = `${group.named.explanation}; ${effectSentence(one)}`;
    const tests = [...group.tests, ...one.tests];
    groups[seen] = { ...group, tests, named: { ...group.named, explanation } };
  }
}

function lower(name: string): string {
  return name.toLowerCase();
}

function casesOf({ profile, history, known }: GroupingInput, tests: readonly TestResult[]): ColumnCase[] {
  return profile.columns.flatMap((column, index) => {
    const own = tests.filter((test) => test.column === column.name);
    if (own.length === 0) return [];
    const past = columnHistory(history, column.name, index).filter((one) => one !== null);
    const middleOf = (statistic: 'q05' | 'median' | 'q95') =>
      column.kind === 'number'
        ? middle(past.map((one) => one.measures[measureNames.number.indexOf(statistic)] ?? Number.NaN))
        : Number.NaN;
    return [
      {
        column,
        known: known.get(column.name) ?? null,
        usualLow: middleOf('q05'),
        usualMiddle: middleOf('median'),
        usualHigh: middleOf('q95'),
        tests: own,
      },
    ];
  });
}

/** What the rows as such show: how many there are, and whether they repeat. */
function rowGroups(tests: readonly TestResult[]): Group[] {
  const own = tests.filter(({ column }) => column === '');
  const duplicates = own.find(({ statistic }) => statistic === 'duplicates');
  const rows = own.find(({ statistic }) => statistic === 'rows');
  if (duplicates !== undefined) {
    const explanation = `${percent(duplicates.observed)} of the rows are copies of others`;
    return [{ columns: [], tests: own, named: { cause: 'duplicated-rows', explanation, ...bare } }];
  }
  if (rows === undefined) return [];
  const explanation = `${rows.observed} rows came, where about ${Math.round(rows.expected)} are usual`;
  const cause = rows.effect < 0 ? 'missing-rows' : 'population-change';
  return [{ columns: [], tests: own, named: { cause, explanation, ...bare } }];
}

const bare = { facts: {}, rows: null, repair: null };

/** Relations that broke while every column by itself looks well: the column that is in most of them. */
function jointGroup(input: GroupingInput, tests: readonly TestResult[]): Group {
  const counts = new Map<string, number>();
  for (const test of tests) {
    for (const name of [test.column, ...test.others]) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [name = ''] = [...counts].sort((a, b) => b[1] - a[1]).map(([one]) => one);
  const column = input.profile.columns.find((one) => one.name === name);
  if (column === undefined)
    return { columns: [name], tests, named: { cause: 'covariate-drift', explanation: '', ...bare } };
  const own = tests.map((test) =>
    test.column === name
      ? test
      : { ...test, column: name, others: [test.column, ...test.others.filter((one) => one !== name)] },
  );
  const none = { known: null, usualLow: Number.NaN, usualMiddle: Number.NaN, usualHigh: Number.NaN };
  const named =
    repeatsEarlier(input, name) ?? nameCause({ column: { ...column, kind: 'other' }, ...none, tests: own });
  return { columns: [name], tests: own, named };
}

/** The very bag of values that an earlier batch had. */
function repeatsEarlier({ history, profile }: GroupingInput, name: string): NamedCause | null {
  const index = profile.columns.findIndex((column) => column.name === name);
  const column = profile.columns[index];
  if (column === undefined || column.values !== null) return null;
  const twin = history.units.find(
    (_, place) => columnHistory(history, name, index)[place]?.bag === column.bag,
  );
  if (twin === undefined) return null;
  const explanation = `"${name}" has the values of version ${twin.version} again`;
  return { cause: 'stale-column', explanation, facts: { version: twin.version }, rows: null, repair: null };
}

/** Columns with one cause are one root cause. */
function merged(groups: readonly Group[]): Group[] {
  const byCause = new Map<CatalogueCause, Group>();
  for (const group of groups) {
    const known = byCause.get(group.named.cause);
    if (known === undefined) byCause.set(group.named.cause, group);
    else {
      const explanation = `${known.named.explanation}; ${group.named.explanation}`;
      byCause.set(group.named.cause, {
        columns: [...known.columns, ...group.columns],
        tests: [...known.tests, ...group.tests],
        named: { ...known.named, explanation },
      });
    }
  }
  return [...byCause.values()];
}

function absorbed(groups: readonly Group[]): Group[] {
  const strength = (group: Group) => Math.min(...group.tests.map(({ pValue }) => pValue));
  const ordered = [...groups].sort((a, b) => strength(a) - strength(b));
  // Rows that are missing from some hours of the day move its middle: that is no shift of the others.
  const isCutShort = ordered.some(
    ({ named, tests }) => named.cause === 'missing-rows' && tests.some(isOfRows),
  );
  const plain = ordered.filter(
    ({ named }) => !shadows.has(named.cause) && !(isCutShort && named.cause === 'time-shift'),
  );
  // Where a segment is gone, fewer rows come, and their times may move: it explains what else is about rows.
  const gone = ordered.find(({ named, tests }) => named.cause === 'missing-segment' && tests.some(isGone));
  const isAboutRows = plain.every(({ named }) => ofRows.has(named.cause));
  const heads = gone !== undefined && isAboutRows ? [gone] : plain.length > 0 ? plain : ordered.slice(0, 1);
  const rest = ordered.filter((group) => !heads.includes(group));
  const [first, ...others] = heads;
  if (first === undefined) return [];
  return [{ ...first, tests: [...first.tests, ...rest.flatMap(({ tests }) => tests)] }, ...others];
}

function isOfRows({ column, statistic }: TestResult): boolean {
  return column === '' && statistic === 'rows';
}

function findingOf(input: GroupingInput, group: Group): Finding {
  const { table } = input;
  const { columns, named, tests } = group;
  const [best] = tests;
  const models = [...new Set(tests.flatMap(({ model }) => model ?? []))];
  const [first] = columns;
  const withColumn = (sql: string | null) =>
    sql === null || first === undefined || columns.length > 1
      ? null
      : sql.replaceAll('{c}', quoteIdentifier(first));
  return {
    cause: named.cause,
    table,
    columns,
    statistic: best?.statistic ?? '',
    severity: severityOfGroup(input, { columns, cause: named.cause, tests }),
    expected: best === undefined ? '' : shown(best, best.expected),
    observed: best === undefined ? '' : shown(best, best.observed),
    pValue: best?.pValue ?? 1,
    effect: best?.effect ?? 0,
    explanation: named.explanation,
    rowsPredicate: withColumn(named.rows),
    repair: withColumn(named.repair),
    facts: named.facts,
    models,
    evidence: tests.slice(0, 12).map(evidenceOf),
  };
}

function evidenceOf(test: TestResult): Evidence {
  const others = test.others.length === 0 ? '' : `(${test.others.join(', ')})`;
  const value = test.value === null ? '' : ` ${test.value}`;
  const model = test.model === null ? '' : ` of ${test.model}`;
  return {
    column: test.column,
    statistic: `${test.statistic}${model}${others}${value}`,
    expected: `${shown(test, test.expected)} ± ${shown(test, test.scale)}`,
    observed: shown(test, test.observed),
    pValue: test.pValue,
  };
}

function shown({ kind }: TestResult, value: number): string {
  return kind === 'rate' ? percent(value) : String(Number(value.toPrecision(4)));
}
