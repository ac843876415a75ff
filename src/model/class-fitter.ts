import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { type ClassedSums, type ClassSums, classedSums } from './class-sums.ts';
import type { FitTask, NeedsFull } from './family.ts';
import { type FeaturePlan, weighedAt } from './feature-plan.ts';
import type { ModelFitter } from './model-fitter.ts';
import { assertQuotable } from './moment-query.ts';
import { type RowSource, rowsOf } from './row-source.ts';
import { isOverdue } from './row-weight.ts';
import { copyWithLevels, emptyState, mergeInto, mergeLevels, needsRebase, rowCount } from './sums-state.ts';

export type ClassFit = { readonly classes: readonly ClassSums[]; readonly rowsRead: number };

/** Values a class label may have; each is a scan of its own rows, and a score of every answer. */
export const largestClassCount = 100;

/** Sums by class of the label, all in one frame: each class is summed as a source of its own. */
export class ClassFitter {
  readonly #fitter: ModelFitter;

  constructor(fitter: ModelFitter) {
    this.#fitter = fitter;
  }

  async fitFull({ snapshots, plan: undated, relation, bounds, nowMs }: FitTask): Promise<ClassFit> {
    const plan = weighedAt(undated, nowMs);
    const { whole, parts, precision } = await this.#fitter.scan(snapshots[0], relation, bounds);
    const labels = await readClasses(snapshots[0], plan, [whole]);
    const levels = await this.#fitter.levelsOf(snapshots[0], plan, [whole]);
    const sources = labels.flatMap((label) =>
      parts.map((part) => ({ label, source: ofClass(plan, part, label) })),
    );
    const frame = await this.#fitter.frameOf(snapshots[0], plan, whole);
    const summed = await this.#fitter.sumSources(
      snapshots,
      plan,
      frame,
      levels,
      sources.map(({ source }) => source),
      { precision, rows: Number.POSITIVE_INFINITY },
    );
    const classes = labels.map((label): ClassSums => {
      const sums = copyWithLevels(emptyState(plan, frame), levels);
      summed.forEach((part, index) => {
        if (sources[index]?.label === label) mergeInto(sums, part.state, 1);
      });
      return { label, sums };
    });
    return { classes: tidied(plan, classes)?.classes ?? [], rowsRead: rowsReadOf(summed) };
  }

  async advance(
    { snapshots, plan: undated, nowMs }: FitTask,
    classes: readonly ClassSums[],
    sources: readonly RowSource[],
  ): Promise<ClassFit | NeedsFull> {
    const [first] = classes;
    if (first === undefined) return { needsFull: 'first-build', rowsRead: 0 };
    const { frame, tally } = first.sums;
    if (isOverdue(undated.weighting, tally?.originMs ?? nowMs, nowMs))
      return { needsFull: 'state-rebase', rowsRead: 0 };
    const plan = weighedAt(undated, tally?.originMs ?? 0);
    const found = await this.#fitter.levelsOf(snapshots[0], plan, sources);
    const levels = first.sums.levels.map((known, index) => mergeLevels(known, found[index] ?? []));
    const changed = await readClasses(snapshots[0], plan, sources);
    const split = changed.flatMap((label) =>
      sources.map((source) => ({ label, source: ofClass(plan, source, label) })),
    );
    const summed = await this.#fitter.sumSources(
      snapshots,
      plan,
      frame,
      levels,
      split.map(({ source }) => source),
      { precision: 'split', rows: Number.POSITIVE_INFINITY },
    );
    const labels = [...new Set([...classes.map(({ label }) => label), ...changed])];
    const moved = labels.map((label): ClassSums => {
      const known = classes.find((one) => one.label === label)?.sums ?? emptyState(plan, frame);
      const sums = copyWithLevels(known, levels);
      summed.forEach((part, index) => {
        if (split[index]?.label === label) mergeInto(sums, part.state, split[index]?.source.sign ?? 1);
      });
      return { label, sums };
    });
    const rowsRead = rowsReadOf(summed);
    const all = tidied(plan, moved);
    // A class may hold a feature constant; what rounding leaves is judged against all classes together.
    const needsFull = all === null ? null : needsRebase(all.total);
    return needsFull === null ? { classes: all?.classes ?? [], rowsRead } : { needsFull, rowsRead };
  }
}

/** In order of their labels, without classes and levels that no row has; null: no row is left. */
function tidied(plan: FeaturePlan, classes: readonly ClassSums[]): ClassedSums | null {
  if (classes.every(({ sums }) => rowCount(sums) === 0)) return null;
  return classedSums(
    plan,
    classes.toSorted((a, b) => (a.label < b.label ? -1 : 1)),
  );
}

function rowsReadOf(parts: readonly { readonly rowsRead: number }[]): number {
  return parts.reduce((total, { rowsRead }) => total + rowsRead, 0);
}

function classText(plan: FeaturePlan): string {
  return `CAST(${quoteIdentifier(plan.label)} AS VARCHAR)`;
}

function ofClass(plan: FeaturePlan, source: RowSource, label: string): RowSource {
  return { ...source, conditions: [...source.conditions, `${classText(plan)} = ${quoteLiteral(label)}`] };
}

/** The classes that come up in the sources, sorted by UTF-16 code units. */
async function readClasses(
  session: Session,
  plan: FeaturePlan,
  sources: readonly RowSource[],
): Promise<string[]> {
  if (sources.length === 0) return [];
  const each = sources.map((source) => `SELECT ${classText(plan)} AS label ${rowsOf(source)}`);
  const rows = await session.rows(
    `SELECT DISTINCT label FROM (${each.join(' UNION ALL ')}) WHERE label IS NOT NULL LIMIT ${largestClassCount + 1}`,
  );
  if (rows.length > largestClassCount) {
    throw new EverviewError(
      'unsupported',
      `the label "${plan.label}" of model "${plan.model}" has more than ${largestClassCount} values`,
      {
        hint: `group its rare values in the training set's SELECT, or learn it as a number with another method`,
      },
    );
  }
  const labels = rows.map((row) => String(row.label)).sort((a, b) => (a < b ? -1 : 1));
  assertQuotable(plan, plan.label, labels);
  return labels;
}
