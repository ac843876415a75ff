import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, findColumn, type Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Name } from '../declare/statement.ts';
import { conversionFailure } from './conversion-failure.ts';
import type { IngestTarget } from './ingest-target.ts';
import type { RowSource } from './row-source.ts';
import { type StageColumn, type Staged, type StagingPlace, stageSelect } from './stage.ts';
import { stageArrow } from './stage-arrow.ts';
import { stageFile } from './stage-file.ts';
import { stageColumns, stageRows } from './stage-rows.ts';
import { placeFitting, placeRows } from './staging-place.ts';

export type SourceOptions = {
  readonly columns: readonly Name[] | null;
  readonly byName: boolean;
  /** A VALUES list whose columns have no one type (`('x'), (1)`): each value is cast to the table's by itself. */
  readonly eachValueAlone?: boolean;
};

/** Brings the rows of a source onto the stage, cast to the table's types, with DEFAULTs for columns not given. */
export async function stageSource(
  tx: Session,
  target: IngestTarget,
  source: RowSource,
  options: SourceOptions,
  place: StagingPlace,
): Promise<Staged> {
  const wanted = wantedColumns(target, options.columns);
  switch (source.kind) {
    case 'sql':
      return stageSql(tx, target, source.text, wanted, options, place);
    case 'rows':
      return stageRows(tx, target, source.rows, wanted, place);
    case 'columns':
      return stageColumns(tx, target, source.columns, wanted, place);
    case 'arrow':
      return stageArrow(tx, target, source.data, wanted, null, place);
    case 'file':
      return stageFile(tx, target, source, options.columns === null ? null : wanted, place);
  }
}

function wantedColumns(target: IngestTarget, columns: readonly Name[] | null): Schema {
  if (columns === null) return target.schema;
  const seen = new Set<string>();
  return columns.map(({ name, at }) => {
    const column = findColumn(target.schema, name);
    if (column === undefined) {
      throw new EverviewError('unknown-column', `"${target.name}" has no column "${name}"`, {
        hint: nearestHint(name, columnNames(target.schema)),
        at,
      });
    }
    if (seen.has(column.name)) {
      throw new EverviewError('invalid-row', `column "${name}" is named twice`, { at });
    }
    seen.add(column.name);
    return column;
  });
}

async function stageSql(
  tx: Session,
  target: IngestTarget,
  text: string,
  wanted: Schema,
  options: SourceOptions,
  place: StagingPlace,
): Promise<Staged> {
  if (
    options.eachValueAlone ||
    (/^\s*values\b/i.test(text) && /\bdefault\b/i.test(text.replace(/'[^']*'/g, '')))
  ) {
    return stageValues(tx, target, text, wanted, place);
  }
  const isWhole = bringsWhole(target, wanted, options) && !/^\s*values\b/i.test(text);
  const fitting = place.kind === 'table' && isWhole ? place : null;
  let given: Schema;
  try {
    const rows = fitting === null ? 0 : await placeFitting(tx, target, text, fitting.version);
    if (fitting !== null && rows > 0) return { place: { ...fitting, rows }, mayMisfit: false, file: null };
    given = await tx.describe(text);
  } catch (failure) {
    throw conversionFailure(target, failure);
  }
  const sources = given.map((_, index) => `c${index}`);
  const columns = options.byName
    ? given.map((column) => namedColumn(target, wanted, column.name))
    : positional(target, wanted, given.length);
  const bends = given.some(({ type }, index) => {
    const column = findColumn(target.schema, columns[index] ?? '');
    return column !== undefined && mayBend(type, column.type);
  });
  if (bends && /^\s*values\b.*\)\s*,\s*\(/is.test(text)) return stageValues(tx, target, text, wanted, place);
  const stageColumns = columns.map(
    (column, index): StageColumn => ({
      column,
      expression: `x.c${index}`,
      type: given[index]?.type ?? 'VARCHAR',
      lossless: false,
    }),
  );
  const select = stageSelect(target, `(${text}\n) AS x(${sources.join(', ')})`, stageColumns, {
    // Rows that go straight into the table are not numbered: planning the window for it would be for nothing.
    ...(place.kind === 'table' ? { rowNumber: null } : {}),
  });
  try {
    const placed = await placeRows(tx, target, select, place);
    return { place: placed, mayMisfit: select.mayMisfit, file: null };
  } catch (failure) {
    throw conversionFailure(target, failure);
  }
}

/** The rows bring every column of the table, in its order. */
function bringsWhole({ schema }: IngestTarget, wanted: Schema, { byName }: SourceOptions): boolean {
  return (
    !byName && wanted.length === schema.length && wanted.every(({ name }, at) => name === schema[at]?.name)
  );
}

/**
 * Whether the one type that DuckDB finds for a column of a VALUES list can change what its values are to the table:
 * `(1), (2.50)` as texts, or digits beyond those of a DECIMAL.
 */
function mayBend(given: string, wanted: string): boolean {
  if (wanted === 'VARCHAR') return given !== 'VARCHAR' && given !== '"NULL"';
  return (wanted === 'DOUBLE' || wanted === 'FLOAT') && given.startsWith('DECIMAL(38,');
}

function positional(target: IngestTarget, wanted: Schema, given: number): string[] {
  if (given !== wanted.length) {
    throw new EverviewError(
      'invalid-row',
      `"${target.name}" takes ${wanted.length} columns (${columnNames(wanted).join(', ')}) and the rows have ${given}`,
      { hint: 'name the columns: INSERT INTO t (a, b) …, or INSERT INTO t BY NAME …' },
    );
  }
  return columnNames(wanted);
}

function namedColumn(target: IngestTarget, wanted: Schema, name: string): string {
  const column = findColumn(wanted, name);
  if (column !== undefined) return column.name;
  throw new EverviewError('unknown-column', `"${target.name}" has no column "${name}"`, {
    hint: nearestHint(name, columnNames(wanted)),
  });
}

/** An INSERT of DuckDB's own: it alone knows what DEFAULT stands for, and casts each value by itself. */
async function stageValues(
  tx: Session,
  target: IngestTarget,
  text: string,
  wanted: Schema,
  place: StagingPlace,
): Promise<Staged> {
  const columns = target.schema.map((column) => {
    const declared = target.table.definition.columns.find((one) => one.name === column.name);
    const value = declared?.default ?? null;
    return `${quoteIdentifier(column.name)} ${column.type}${value === null ? '' : ` DEFAULT (${value})`}`;
  });
  await tx.run(`CREATE OR REPLACE TEMP TABLE "__ev_raw" (${columns.join(', ')})`);
  const names = columnNames(wanted).map(quoteIdentifier).join(', ');
  try {
    await tx.run(`INSERT INTO temp."__ev_raw" (${names}) ${text}`);
  } catch (failure) {
    throw conversionFailure(target, failure);
  }
  const raw = target.schema.map((column) => ({
    column: column.name,
    expression: `x.${quoteIdentifier(column.name)}`,
    type: column.type,
    lossless: false,
  }));
  const placed = await placeRows(tx, target, stageSelect(target, 'temp."__ev_raw" AS x', raw), place);
  await tx.run('DROP TABLE temp."__ev_raw"');
  return { place: placed, mayMisfit: false, file: null };
}
