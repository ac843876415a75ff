import type { BatchColumn, BatchColumns } from './batch-columns.ts';
import { chooseDependencies, type Dependency } from './dependency.ts';

/** Relations between columns that a table showed when it was first profiled; each batch is measured against them. */
export type JointPlan = {
  /** Columns that had enough values to be looked at; none: of an older release, and nothing is added. */
  readonly columns: readonly string[];
  readonly correlations: readonly (readonly [a: string, b: string])[];
  readonly rules: readonly JointRule[];
  readonly dependencies: readonly Dependency[];
};

/** What should hold in (nearly) every row. */
export type JointRule =
  | { readonly kind: 'order'; readonly a: string; readonly b: string }
  | { readonly kind: 'equal'; readonly a: string; readonly b: string }
  | { readonly kind: 'sum' | 'product'; readonly a: string; readonly b: string; readonly c: string };

/** Columns among which relations are looked for: their pairs grow with the square. */
const columnsLookedAt = 40;
const correlationsKept = 60;
const rulesKept = 40;
/** Rank correlation below which a pair says too little. */
const weakest = 0.25;
/** Rows that are looked at. */
export const jointRows = 4_000;

/**
 * The plan with what a batch shows of columns that had no values, or but one, when the plan was made. Relations keep their
 * places, and those that are new come last.
 */
export function grownPlan(plan: JointPlan | null, batch: BatchColumns): JointPlan | null {
  if (batch.rows < 50) return plan;
  if (plan === null) return chooseJointPlan(batch);
  const known = new Set(plan.columns);
  const fresh = new Set(
    batch.columns
      .slice(0, 2 * columnsLookedAt)
      .filter((column) => !known.has(column.name) && hasEnough(column))
      .map(({ name }) => name),
  );
  if (fresh.size === 0 || known.size === 0) return plan;
  const more = chooseJointPlan(batch);
  const isFresh = (...names: readonly string[]) => names.some((name) => fresh.has(name));
  return {
    columns: [...plan.columns, ...fresh],
    correlations: [...plan.correlations, ...more.correlations.filter((pair) => isFresh(...pair))],
    rules: [
      ...plan.rules,
      ...more.rules.filter((rule) => isFresh(rule.a, rule.b, 'c' in rule ? rule.c : rule.b)),
    ],
    dependencies: [...plan.dependencies, ...more.dependencies.filter(({ a, b }) => isFresh(a, b))],
  };
}

/** Values that are enough to show relations. */
function hasEnough({ kind, numbers, texts, present }: BatchColumn): boolean {
  let seen = 0;
  let isVaried = false;
  let first: number | string | null = null;
  for (let row = 0; row < present.length && !(isVaried && seen >= 30); row++) {
    if (present[row] === 0) continue;
    const value = kind === 'text' ? (texts[row] ?? '') : (numbers[row] ?? 0);
    seen += 1;
    first ??= value;
    if (value !== first) isVaried = true;
  }
  return isVaried && seen >= 30;
}

/** Looks for relations in a batch; none where it has too few rows to show any. */
export function chooseJointPlan(batch: BatchColumns): JointPlan {
  if (batch.rows < 50) return { columns: [], correlations: [], rules: [], dependencies: [] };
  const columns = batch.columns
    .filter(
      ({ kind, numbers, present }) =>
        (kind === 'number' || kind === 'time' || kind === 'day' || kind === 'boolean') &&
        varies(numbers, present),
    )
    .slice(0, columnsLookedAt);
  const ranks = columns.map((column) => ranksOf(column, batch.rows));
  const found: { pair: readonly [string, string]; strength: number }[] = [];
  for (const [i, a] of columns.entries()) {
    for (let j = i + 1; j < columns.length; j++) {
      const b = columns[j];
      const [x, y] = [ranks[i], ranks[j]];
      if (b === undefined || x === undefined || y === undefined) continue;
      const strength = Math.abs(correlationOf(x, y));
      if (strength >= weakest) found.push({ pair: [a.name, b.name], strength });
    }
  }
  found.sort((a, b) => b.strength - a.strength);
  return {
    columns: batch.columns.filter(hasEnough).map(({ name }) => name),
    correlations: found.slice(0, correlationsKept).map(({ pair }) => pair),
    rules: chooseRules(columns, batch.rows),
    dependencies: chooseDependencies(batch.columns, batch.rows),
  };
}

function varies(numbers: Float64Array, present: Uint8Array): boolean {
  let first = Number.NaN;
  for (let row = 0; row < numbers.length; row++) {
    if (present[row] === 0) continue;
    if (Number.isNaN(first)) first = numbers[row] ?? 0;
    else if (numbers[row] !== first) return true;
  }
  return false;
}

function chooseRules(columns: readonly BatchColumn[], rows: number): JointRule[] {
  const rules: JointRule[] = [];
  for (const a of columns) {
    for (const b of columns) {
      if (a === b || a.kind === 'boolean' || (a.kind === 'number') !== (b.kind === 'number')) continue;
      const equal = { kind: 'equal', a: a.name, b: b.name } as const;
      if (a.name < b.name && holds(equal, a, b, null, rows)) rules.push(equal);
      const order = { kind: 'order', a: a.name, b: b.name } as const;
      if (meets(a, b) && holds(order, a, b, null, rows)) rules.push(order);
    }
  }
  const numbers = columns.filter(({ kind }) => kind === 'number').slice(0, 24);
  for (const a of numbers) {
    for (const [i, b] of numbers.entries()) {
      for (const c of numbers.slice(i)) {
        if (a === b || a === c) continue;
        for (const kind of ['sum', 'product'] as const) {
          const rule = { kind, a: a.name, b: b.name, c: c.name } as const;
          if (holds(rule, a, b, c, Math.min(rows, 30)) && holds(rule, a, b, c, rows)) rules.push(rule);
        }
      }
    }
  }
  return rules
    .filter(
      (rule) =>
        rule.kind !== 'order' || !rules.some((other) => other.kind === 'equal' && isSame(other, rule)),
    )
    .sort((x, y) => weight(y) - weight(x))
    .slice(0, rulesKept);
}

function isSame(equal: JointRule, order: JointRule): boolean {
  return (equal.a === order.a && equal.b === order.b) || (equal.a === order.b && equal.b === order.a);
}

function weight(rule: JointRule): number {
  return { product: 3, sum: 3, equal: 2, order: 1 }[rule.kind];
}

/** Ranges overlap: an order between a year and an hour is no news. */
function meets(a: BatchColumn, b: BatchColumn): boolean {
  const [low, high] = [rangeOf(a), rangeOf(b)];
  return low.greatest > high.least && high.least <= low.greatest;
}

function rangeOf({ numbers, present }: BatchColumn) {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < numbers.length; row++) {
    if (present[row] === 0) continue;
    const value = numbers[row] ?? 0;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return { least, greatest };
}

/** In 99 % of the rows that have all columns, at least 30 of them not trivial. */
function holds(
  rule: JointRule,
  a: BatchColumn,
  b: BatchColumn,
  c: BatchColumn | null,
  rows: number,
): boolean {
  let seen = 0;
  let broken = 0;
  let telling = 0;
  for (let row = 0; row < rows; row++) {
    if (a.present[row] === 0 || b.present[row] === 0 || (c !== null && c.present[row] === 0)) continue;
    seen += 1;
    const [x, y, z] = [a.numbers[row] ?? 0, b.numbers[row] ?? 0, c?.numbers[row] ?? 0];
    if (isBroken(rule.kind, x, y, z)) broken += 1;
    if (broken > rows * 0.01) return false;
    if (x !== 0 && y !== 0 && (c === null || (z !== 0 && (rule.kind === 'sum' || (y !== 1 && z !== 1)))))
      telling += 1;
  }
  return telling >= Math.min(15, rows / 4) && broken <= seen * 0.01 && wouldBreak(rule, a, b, c, rows);
}

/** A rule says something only where it would not hold between the values of different rows. */
function wouldBreak(
  rule: JointRule,
  a: BatchColumn,
  b: BatchColumn,
  c: BatchColumn | null,
  rows: number,
): boolean {
  let seen = 0;
  let broken = 0;
  for (let row = 0; row < rows; row++) {
    const other = (row + (rows >> 1)) % rows;
    if (a.present[row] === 0 || b.present[other] === 0 || (c !== null && c.present[other] === 0)) continue;
    seen += 1;
    if (isBroken(rule.kind, a.numbers[row] ?? 0, b.numbers[other] ?? 0, c?.numbers[other] ?? 0)) broken += 1;
  }
  return broken >= 0.05 * seen;
}

/** The rule in a row, up to rounding. */
export function isBroken(kind: JointRule['kind'], a: number, b: number, c: number): boolean {
  switch (kind) {
    case 'order':
      return a > b;
    case 'equal':
      return !isNear(a, b);
    case 'sum':
      return !isNear(a, b + c);
    case 'product':
      return !isNear(a, b * c);
  }
}

function isNear(x: number, y: number): boolean {
  return Math.abs(x - y) <= 1e-6 * Math.max(1, Math.abs(x), Math.abs(y));
}

/** Ranks of a sample of rows; ties share their mean rank; NaN where there is no value. */
export function ranksOf({ numbers, present }: BatchColumn, rows: number): Float64Array {
  const step = Math.max(1, Math.ceil(rows / jointRows));
  const count = Math.ceil(rows / step);
  const ranks = new Float64Array(count).fill(Number.NaN);
  const order: number[] = [];
  for (let place = 0; place < count; place++) {
    const value = numbers[place * step] ?? 0;
    if (present[place * step] === 1 && value - value === 0) order.push(place);
  }
  order.sort((x, y) => (numbers[x * step] ?? 0) - (numbers[y * step] ?? 0));
  for (let start = 0; start < order.length; ) {
    const value = numbers[(order[start] ?? 0) * step];
    let end = start + 1;
    while (end < order.length && numbers[(order[end] ?? 0) * step] === value) end += 1;
    for (let index = start; index < end; index++) ranks[order[index] ?? 0] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}

/** Pearson's correlation of two lists of ranks, over the places both have; NaN where one does not vary. */
export function correlationOf(x: Float64Array, y: Float64Array): number {
  let n = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  const center = x.length / 2;
  for (let index = 0; index < x.length; index++) {
    const [u, v] = [(x[index] ?? 0) - center, (y[index] ?? 0) - center];
    if (u - u !== 0 || v - v !== 0) continue;
    n += 1;
    sx += u;
    sy += v;
    sxx += u * u;
    syy += v * v;
    sxy += u * v;
  }
  const spread = (sxx - (sx * sx) / n) * (syy - (sy * sy) / n);
  return n < 10 || spread <= 0 ? Number.NaN : (sxy - (sx * sy) / n) / Math.sqrt(spread);
}
