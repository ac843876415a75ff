import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { type Column, columnNames, findColumn, type Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlValue } from '../core/value.ts';
import { type EncodedColumn, encodeColumn, missingName } from './encode-column.ts';
import type { IngestTarget } from './ingest-target.ts';
import type { InputRow } from './row-source.ts';
import {
  defaultOf,
  rawRelation,
  rowColumn,
  type Staged,
  type StagingPlace,
  stageRelation,
  stageSelect,
} from './stage.ts';
import { appendToLog, placeRows } from './staging-place.ts';

/** Values of one column as given; `undefined` where a row does not have it. */
type Gathered = { readonly column: Column; readonly values: ArrayLike<unknown> };

/** Objects from TypeScript, checked value by value before anything reaches the store. */
export async function stageRows(
  tx: Session,
  target: IngestTarget,
  rows: Iterable<InputRow> | AsyncIterable<InputRow>,
  wanted: Schema,
  place: StagingPlace,
): Promise<Staged> {
  const gatherer = new RowGatherer(target, wanted);
  if (Symbol.asyncIterator in rows) for await (const row of rows) gatherer.add(row);
  else for (const row of rows) gatherer.add(row);
  return stageGathered(tx, target, gatherer.columns(), gatherer.count, place);
}

/** Turns rows into columns as they come. */
class RowGatherer {
  readonly #target: IngestTarget;
  readonly #wanted: Schema;
  readonly #byColumn = new Map<string, unknown[]>();
  /** The same arrays, by the names that the rows use. */
  readonly #byName = new Map<string, unknown[]>();
  count = 0;

  constructor(target: IngestTarget, wanted: Schema) {
    this.#target = target;
    this.#wanted = wanted;
  }

  add(row: InputRow): void {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw invalidRow(this.#target, this.count + 1, 'is no object of column names and values');
    }
    for (const name of Object.keys(row)) {
      const values = this.#byName.get(name) ?? this.#valuesOf(name);
      if (values.length > this.count) {
        throw invalidRow(this.#target, this.count + 1, `has column "${name}" twice`);
      }
      values[this.count] = row[name];
    }
    this.count += 1;
  }

  #valuesOf(name: string): unknown[] {
    const column = columnNamed(this.#target, this.#wanted, name, this.count + 1);
    const values = this.#byColumn.get(column.name) ?? [];
    this.#byColumn.set(column.name, values);
    this.#byName.set(name, values);
    return values;
  }

  columns(): Gathered[] {
    return this.#wanted.flatMap((column) => {
      const values = this.#byColumn.get(column.name);
      if (values === undefined) return [];
      values.length = this.count;
      return [{ column, values }];
    });
  }
}

/** Column arrays: a column not given takes its DEFAULT. */
export async function stageColumns(
  tx: Session,
  target: IngestTarget,
  columns: { readonly [column: string]: ArrayLike<SqlValue> },
  wanted: Schema,
  place: StagingPlace,
): Promise<Staged> {
  const given = Object.entries(columns).map(([name, values]) => ({
    column: columnNamed(target, wanted, name, null),
    values,
  }));
  const count = given[0]?.values.length ?? 0;
  const seen = new Set<string>();
  for (const { column, values } of given) {
    if (seen.has(column.name)) {
      throw new EverviewError('invalid-row', `column "${column.name}" of "${target.name}" is given twice`);
    }
    seen.add(column.name);
    if (values.length !== count) {
      throw new EverviewError(
        'invalid-row',
        `column "${column.name}" of "${target.name}" has ${values.length} values where "${given[0]?.column.name}" has ${count}`,
      );
    }
  }
  return stageGathered(tx, target, given, count, place);
}

function columnNamed(target: IngestTarget, wanted: Schema, name: string, row: number | null): Column {
  const column = findColumn(wanted, name);
  if (column !== undefined) return column;
  throw new EverviewError(
    'invalid-row',
    `${row === null ? '' : `row ${row}: `}"${target.name}" has no column "${name}"`,
    {
      hint: nearestHint(name, columnNames(wanted)),
      data: { table: target.name, column: name, ...(row === null ? {} : { row }) },
    },
  );
}

async function stageGathered(
  tx: Session,
  target: IngestTarget,
  given: readonly Gathered[],
  count: number,
  place: StagingPlace,
): Promise<Staged> {
  const encoded = given.map(({ column, values }) => {
    const defaulted = defaultOf(target, column) !== nullOf(column);
    return encodeColumn(target.name, column, values, defaulted);
  });
  const numbers = () => BigInt64Array.from({ length: count }, (_, index) => BigInt(index + 1));
  const direct =
    encoded.length === target.schema.length &&
    encoded.every((one) => one.stagedType === one.column.type && one.missing === null);
  if (direct) {
    const ordered = target.schema.flatMap((column) =>
      encoded.filter((one) => one.column.name === column.name),
    );
    if (place.kind === 'log') {
      const columns = ordered.map((one) => one.values);
      await appendToLog(tx, target, columns, count, place.version);
      return { place, mayMisfit: false, file: null };
    }
    await createFor(tx, '__ev_stage', ordered);
    await appendTo(tx, stageRelation, ordered, numbers());
    return { place, mayMisfit: false, file: null };
  }
  await createFor(tx, '__ev_raw', encoded);
  await appendTo(tx, rawRelation, encoded, numbers());
  const select = stageSelect(
    target,
    `${rawRelation} AS x`,
    encoded.map((one) => one.stageColumn('x')),
    { rowNumber: `x.${rowColumn}` },
  );
  const placed = await placeRows(tx, target, select, place);
  await tx.run(`DROP TABLE ${rawRelation}`);
  return { place: placed, mayMisfit: select.mayMisfit, file: null };
}

function nullOf(column: Column): string {
  return `CAST((NULL\n) AS ${column.type})`;
}

async function createFor(tx: Session, table: string, columns: readonly EncodedColumn[]): Promise<void> {
  const list = columns.flatMap((one) => [
    `${quoteIdentifier(one.column.name)} ${one.stagedType}`,
    ...(one.missing === null ? [] : [`${missingName(one.column)} BOOLEAN`]),
  ]);
  await tx.run(`CREATE OR REPLACE TEMP TABLE "${table}" (${[`${rowColumn} BIGINT`, ...list].join(', ')})`);
}

async function appendTo(
  tx: Session,
  relation: string,
  columns: readonly EncodedColumn[],
  numbers: BigInt64Array,
): Promise<void> {
  const schema = [
    { name: rowColumn, type: 'BIGINT' },
    ...columns.flatMap((one) => [
      { name: one.column.name, type: one.stagedType },
      ...(one.missing === null ? [] : [{ name: missingName(one.column), type: 'BOOLEAN' }]),
    ]),
  ];
  const values = columns.flatMap((one) => [one.values, ...(one.missing === null ? [] : [one.missing])]);
  await tx.append(relation, schema, [numbers, ...values]);
}

function invalidRow(target: IngestTarget, row: number, what: string): EverviewError {
  return new EverviewError('invalid-row', `row ${row} for "${target.name}" ${what}`, {
    data: { table: target.name, row },
  });
}
