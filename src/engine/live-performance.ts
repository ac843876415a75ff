import { EverviewError, type TextPlace } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { type Schema, sameName } from '../core/schema.ts';
import type { Row, SqlValue } from '../core/value.ts';
import type { Statement } from '../declare/statement.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { namedModel } from './named-model.ts';
import { settleLabels } from './settle-labels.ts';
import type { Shown } from './show-objects.ts';
import { modelEntries } from './standings.ts';

/** How one version of a model has done since it answers, in one metric: over all, or where a column has a value. */
export type LivePerformance = {
  readonly model: string;
  readonly version: number;
  /** The column; null: over all. */
  readonly slice: string | null;
  readonly value: string | null;
  readonly metric: string;
  /** Predictions whose label has come. */
  readonly rows: number;
  /** Null: no label has come. */
  readonly score: number | null;
  /** Ends of an interval that holds at all looks at once; null: too few rows. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly interval: 'time-uniform' | 'asymptotic';
  /** On the hold-out, when the version was judged. */
  readonly atPromotion: number | null;
  /**
   * Of accuracy, an estimate without labels: the mean probability of the class that was predicted, of predictions that
   * wait for a label and were made from rows whose tables are judged. Null where an incident of these is open.
   */
  readonly estimate: number | null;
  readonly estimatedRows: number | null;
  /** Predictions of the version in the log, and those that wait for a label. */
  readonly logged: number;
  readonly waiting: number;
};

const columns: Schema = [
  ['model', 'VARCHAR'],
  ['version', 'BIGINT'],
  ['slice', 'VARCHAR'],
  ['value', 'VARCHAR'],
  ['metric', 'VARCHAR'],
  ['rows', 'BIGINT'],
  ['score', 'DOUBLE'],
  ['lower', 'DOUBLE'],
  ['upper', 'DOUBLE'],
  ['interval', 'VARCHAR'],
  ['at_promotion', 'DOUBLE'],
  ['estimate', 'DOUBLE'],
  ['estimated_rows', 'BIGINT'],
  ['logged', 'BIGINT'],
  ['waiting', 'BIGINT'],
].map(([name = '', type = '']) => ({ name, type }));

type Asked = { readonly name: string; readonly at?: TextPlace };

/**
 * Looks for labels that have come, and tells how models have done since.
 * @param model null: all
 * @param per a column of `slices`; null: over all
 * @throws EverviewError `unknown-relation`, `wrong-kind`, `unknown-column`
 */
async function performanceRows(core: EngineCore, model: Asked | null, per: Asked | null): Promise<Row[]> {
  const entry = model === null ? null : namedModel(core.state, model.name, model.at);
  if (per !== null) assertSliced(core, entry === null ? null : nameOf(entry), per);
  await settleLabels(core, 'asked', entry === null ? null : nameOf(entry));
  const shown = columns.map(({ name }) => `"${name}"`).join(', ');
  const wanted = [
    ...(entry === null ? [] : [nameOf(entry)]),
    ...(per === null ? [] : [per.name.toLowerCase()]),
  ];
  const ofModel = entry === null ? 'true' : 'model = $1';
  const ofSlice = per === null ? 'slice IS NULL' : `lower(slice) = $${wanted.length}`;
  return core.store.read(
    () => null,
    (snapshot) =>
      snapshot.rows(
        `SELECT ${shown} FROM everview.performance WHERE ${ofModel} AND ${ofSlice}
         ORDER BY model, version, slice, rows DESC, "value" NULLS LAST,
           list_position(['rmse', 'mae', 'accuracy', 'log_loss', 'brier'], metric)`,
        wanted,
      ),
  );
}

function assertSliced(core: EngineCore, model: string | null, per: Asked): void {
  const entries = modelEntries(core.state).filter((entry) => model === null || nameOf(entry) === model);
  const slices = entries.flatMap(({ declared }) => declared.definition.slices);
  if (slices.some((column) => sameName(column, per.name))) return;
  throw new EverviewError(
    'unknown-column',
    model === null
      ? `no model is followed by the values of "${per.name}"`
      : `model "${model}" is not followed by the values of "${per.name}"`,
    {
      at: per.at,
      hint: nearestHint(per.name, slices) ?? `declare it first: ALTER MODEL … SET (slices = (${per.name}))`,
    },
  );
}

export async function showPerformance(
  core: EngineCore,
  { model, per }: Extract<Statement, { kind: 'show-performance' }>,
): Promise<{ readonly shown: Shown; readonly message: string | null }> {
  const rows = await performanceRows(core, model, per);
  const hint = 'ALTER MODEL … SET (log_predictions = (key)) has predictions logged';
  return { shown: { columns, rows }, message: rows.length === 0 ? `nothing is logged: ${hint}` : null };
}

export async function livePerformance(
  core: EngineCore,
  model: string | null,
  per: string | null,
): Promise<LivePerformance[]> {
  const named = (name: string | null) => (name === null ? null : { name });
  const rows = await performanceRows(core, named(model), named(per));
  return rows.map((row) => ({
    model: String(row.model),
    version: Number(row.version),
    slice: textOf(row.slice),
    value: textOf(row.value),
    metric: String(row.metric),
    rows: Number(row.rows),
    score: numberOf(row.score),
    lower: numberOf(row.lower),
    upper: numberOf(row.upper),
    interval: row.interval === 'time-uniform' ? 'time-uniform' : 'asymptotic',
    atPromotion: numberOf(row.at_promotion),
    estimate: numberOf(row.estimate),
    estimatedRows: numberOf(row.estimated_rows),
    logged: Number(row.logged),
    waiting: Number(row.waiting),
  }));
}

function textOf(value: SqlValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
