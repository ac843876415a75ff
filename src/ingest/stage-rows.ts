import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { PackedColumn } from '../core/packed-column.ts';
import { type Column, columnNames, findColumn, type Schema } from '../core/schema.ts';
import { addedNotice, schemaDifference, schemaMismatch } from '../core/schema-contract.ts';
import type { AppendedColumn, Session } from '../core/session.ts';
import type { SqlValue } from '../core/value.ts';
import { AppendedRanges } from './appended-ranges.ts';
import { type EncodedColumn, encodeColumn, missingName } from './encode-column.ts';
import type { IngestTarget } from './ingest-target.ts';
import { packedNumbers } from './pack-column.ts';
import type { InputRow } from './row-source.ts';
import {
  defaultOf,
  onStage,
  rawRelation,
  rowColumn,
  type Staged,
  type StagingPlace,
  stageRelation,
  stageSelect,
} from './stage.ts';
import { appendToTable, placeRows } from './staging-place.ts';

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
  else gatherer.addAll(rows);
  const staged = await stageGathered(tx, target, gatherer.columns(), gatherer.count, place);
  return { ...staged, notices: gatherer.notices() };
}

/** Turns rows into columns as they come. */
class RowGatherer {
  readonly #target: IngestTarget;
  readonly #wanted: Schema;
  readonly #byColumn = new Map<string, unknown[]>();
  /** The same arrays, by the names that the rows use. */
  readonly #byName = new Map<string, unknown[]>();
  readonly #added = new Set<string>();
  /** Names of the row before, in order, and the arrays they go to: the next one mostly has the same. */
  #names: readonly string[] = [];
  #places: readonly unknown[][] = [];
  count = 0;

  constructor(target: IngestTarget, wanted: Schema) {
    this.#target = target;
    this.#wanted = wanted;
  }

  /** Not a loop of the caller's: V8 does not replace the code of an async function while it loops. */
  addAll(rows: Iterable<InputRow>): void {
    for (const row of rows) this.add(row);
  }

  add(row: InputRow): void {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw invalidRow(this.#target, this.count + 1, 'is no object of column names and values');
    }
    const names = Object.keys(row);
    if (!this.#addAsBefore(row, names)) this.#addNamed(row, names);
    this.count += 1;
  }

  /** False, and nothing done, where the row's names are not those of the row before. */
  #addAsBefore(row: InputRow, names: readonly string[]): boolean {
    const [known, places, at] = [this.#names, this.#places, this.count];
    if (names.length !== known.length) return false;
    for (let index = 0; index < names.length; index++) if (names[index] !== known[index]) return false;
    for (let index = 0; index < names.length; index++) {
      const [name, values] = [names[index], places[index]];
      if (name !== undefined && values !== undefined) values[at] = row[name];
    }
    return true;
  }

  #addNamed(row: InputRow, names: readonly string[]): void {
    const places: unknown[][] = [];
    for (const name of names) {
      const values = this.#byName.get(name) ?? this.#valuesOf(name);
      if (values === null) {
        this.#assertHasAll(row);
        this.#added.add(name);
        continue;
      }
      if (values.length > this.count) {
        throw invalidRow(this.#target, this.count + 1, `has column "${name}" twice`);
      }
      values[this.count] = row[name];
      places.push(values);
    }
    if (places.length === names.length) [this.#names, this.#places] = [names, places];
  }

  /** A column that nobody asked for is only one more where all that are wanted are there: or it may stand for one. */
  #assertHasAll(row: InputRow): void {
    assertAllGiven(this.#target, this.#wanted, Object.keys(row), `row ${this.count + 1}`);
  }

  notices(): readonly string[] {
    const notice = addedNotice('the rows', this.#target.name, [...this.#added]);
    return notice === null ? [] : [notice];
  }

  #valuesOf(name: string): unknown[] | null {
    const column = findColumn(this.#wanted, name);
    if (column === undefined) return null;
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
  const names = Object.keys(columns);
  const added = names.filter((name) => findColumn(wanted, name) === undefined);
  if (added.length > 0) assertAllGiven(target, wanted, names, 'the data');
  const given = Object.entries(columns).flatMap(([name, values]) => {
    const column = findColumn(wanted, name);
    return column === undefined ? [] : [{ column, values }];
  });
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
  const staged = await stageGathered(tx, target, given, count, place);
  const notice = addedNotice('the data', target.name, added);
  return { ...staged, notices: notice === null ? [] : [notice] };
}

/** @throws EverviewError `schema-mismatch` where a column that is wanted does not come beside those that are not. */
function assertAllGiven(target: IngestTarget, wanted: Schema, names: readonly string[], what: string): void {
  const difference = schemaDifference(
    wanted,
    names.map((name) => ({ name, type: null })),
  );
  if (difference.missing.length === 0) return;
  throw schemaMismatch(what, target.name, difference, `the table takes ${columnNames(wanted).join(', ')}`);
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
  const numbers = () => packedNumbers(1, count);
  const direct =
    encoded.length === target.schema.length &&
    encoded.every((one) => one.stagedType === one.column.type && one.missing === null);
  if (direct) {
    const ordered = target.schema.flatMap((column) =>
      encoded.filter((one) => one.column.name === column.name),
    );
    if (place.kind === 'table') {
      const columns = ordered.map((one) => one.values);
      await appendToTable(tx, target, columns, count, place.version);
      const appended = new AppendedRanges(target);
      appended.add(columns);
      return { place: { ...place, rows: count }, mayMisfit: false, file: null, ranges: appended.ranges() };
    }
    await createFor(tx, '__ev_stage', ordered);
    await appendTo(tx, stageRelation, ordered, numbers());
    return { place: onStage, mayMisfit: false, file: null };
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
  numbers: PackedColumn,
): Promise<void> {
  const schema = [
    { name: rowColumn, type: 'BIGINT' },
    ...columns.flatMap((one) => [
      { name: one.column.name, type: one.stagedType },
      ...(one.missing === null ? [] : [{ name: missingName(one.column), type: 'BOOLEAN' }]),
    ]),
  ];
  const values: AppendedColumn[] = columns.flatMap((one) => [
    one.values,
    ...(one.missing === null ? [] : [one.missing]),
  ]);
  await tx.append(relation, schema, [numbers, ...values]);
}

function invalidRow(target: IngestTarget, row: number, what: string): EverviewError {
  return new EverviewError('invalid-row', `row ${row} for "${target.name}" ${what}`, {
    data: { table: target.name, row },
  });
}
