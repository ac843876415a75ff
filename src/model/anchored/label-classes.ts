import { EverviewError } from '../../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../../core/identifier.ts';
import type { Session } from '../../core/session.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { assertQuotable, trainedConditions } from '../moment-query.ts';
import { type RowSource, rowsOf } from '../row-source.ts';
import { mergeLevels } from '../sums-state.ts';

/** Classes of one label; the Hessian grows with their square. */
export const largestClassCount = 100;

/**
 * The texts of the label in the sources, sorted by UTF-16 code units: `false` before `true`, `0` before `1`.
 * @throws EverviewError `unsupported` when there are more than `largestClassCount`.
 */
export async function readClasses(
  session: Session,
  plan: FeaturePlan,
  sources: readonly RowSource[],
): Promise<string[]> {
  const label = quoteIdentifier(plan.label);
  const found = sources.map(
    (source) =>
      `(SELECT DISTINCT CAST(${label} AS VARCHAR) AS level ${rowsOf(source, [`${label} IS NOT NULL`])} LIMIT ${largestClassCount + 1})`,
  );
  const rows = found.length === 0 ? [] : await session.rows(found.join(' UNION ALL '));
  const classes = mergeLevels(
    [],
    rows.map((row) => String(row.level)),
  ).filter((level) => level !== null);
  assertQuotable(plan, plan.label, classes);
  if (classes.length <= largestClassCount) return classes;
  throw new EverviewError(
    'unsupported',
    `the label "${plan.label}" of model "${plan.model}" has more than ${largestClassCount} classes`,
    { hint: 'use a regression method for a number, or group rare classes in the SELECT of the training set' },
  );
}

/**
 * Those of the classes that a row has which trains: one whose rows all lack a feature, or have an infinite one, is none
 * to be told apart.
 */
export async function trainedClasses(
  session: Session,
  plan: FeaturePlan,
  sources: readonly RowSource[],
  classes: readonly string[],
): Promise<string[]> {
  const text = `CAST(${quoteIdentifier(plan.label)} AS VARCHAR)`;
  const conditions = trainedConditions(plan);
  const found = classes.map((label, place) => {
    const rows = sources.map(
      (source) => `EXISTS (SELECT 1 ${rowsOf(source, [`${text} = ${quoteLiteral(label)}`, ...conditions])})`,
    );
    return `${rows.join(' OR ')} AS c${place}`;
  });
  if (found.length === 0 || sources.length === 0) return [];
  const [row] = await session.rows(`SELECT ${found.join(', ')}`);
  return classes.filter((_, place) => row?.[`c${place}`] === true);
}

/** The source with the label replaced by the place of its class, as DOUBLE, which the model's queries read as is; NULL for others. */
export function withClassCodes(plan: FeaturePlan, source: RowSource, classes: readonly string[]): RowSource {
  const label = quoteIdentifier(plan.label);
  const code = `CAST(enum_code(TRY_CAST(CAST(${label} AS VARCHAR) AS ENUM(${classes.map(quoteLiteral).join(', ')}))) AS DOUBLE)`;
  return {
    ...source,
    relation: `(SELECT * REPLACE (${code} AS ${label}) ${rowsOf(source)})`,
    conditions: [],
  };
}

/**
 * The plan by which rows are read: the label as a number, which `withClassCodes` makes of a class.
 * @throws EverviewError `unsupported` for rows that count differently.
 */
export function readingPlan(plan: FeaturePlan): FeaturePlan {
  if (plan.weighting === null) return { ...plan, task: 'number' };
  throw new EverviewError(
    'unsupported',
    `model "${plan.model}" cannot weigh its rows by a column or their age`,
    {
      hint: 'leave weight and decay out: for this method every row counts alike',
    },
  );
}
