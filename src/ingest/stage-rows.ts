import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { type Column, columnNames, findColumn, type Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlValue } from '../core/value.ts';
import { type EncodedColumn, encodeColumn, missingName } from './encode-column.ts';
import type { IngestTarget } from './ingest-target.ts';
import type { InputRow } from './row-source.ts';
import { defaultOf, makeStage, rawRelation, rowColumn, stageRelation, stageSelect } from './stage.ts';
import type { Staged } from './stage-source.ts';

/** Values of one column as given; `undefined` where a row does not have it. */
type Gathered = { readonly column: Column; readonly values: ArrayLike<unknown> };

/** Objects from TypeScript, checked value by value before anything reaches the store. */
export async function stageRows(
  tx: Session,
  target: IngestTarget,
  rows: Iterable<InputRow> | AsyncIterable<InputRow>,
  wanted: Schema,
): Promise<Staged> {
  const gathered = new Map<string, unknown[]>();
  let count = 0;
  for await (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw invalidRow(target, count + 1, 'is no object of column names and values');
    }
    for (const [name, value] of Object.entries(row)) {
      const column = columnNamed(target, wanted, name, count + 1);
      const values = gathered.get(column.name) ?? [];
      values[count] = value;
      gathered.set(column.name, values);
    }
    count += 1;
  }
  const columns = wanted.flatMap((column): Gathered[] => {
    const values = gathered.get(column.name);
    if (values === undefined) return [];
    values.length = count;
    return [{ column, values }];
  });
  return stageGathered(tx, target, columns, count);
}

/** Column arrays: a column not given takes its DEFAULT. */
export async function stageColumns(
  tx: Session,
  target: IngestTarget,
  columns: { readonly [column: string]: ArrayLike<SqlValue> },
  wanted: Schema,
): Promise<Staged> {
  const given = Object.entries(columns).map(([name, values]) => ({
    column: columnNamed(target, wanted, name, null),
    values,
  }));
  const count = given[0]?.values.length ?? 0;
  for (const { column, values } of given) {
    if (values.length !== count) {
      throw new EverviewError(
        'invalid-row',
        `column "${column.name}" of "${target.name}" has ${values.length} values where "${given[0]?.column.name}" has ${count}`,
      );
    }
  }
  return stageGathered(tx, target, given, count);
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
): Promise<Staged> {
  const encoded = given.map(({ column, values }) => {
    const defaulted = defaultOf(target, column) !== nullOf(column);
    return encodeColumn(target.name, column, values, defaulted);
  });
  const numbers = BigInt64Array.from({ length: count }, (_, index) => BigInt(index + 1));
  const direct =
    encoded.length === target.schema.length &&
    encoded.every((one) => one.stagedType === one.column.type && one.missing === null);
  if (direct) {
    const ordered = target.schema.flatMap((column) =>
      encoded.filter((one) => one.column.name === column.name),
    );
    await createFor(tx, '__ev_stage', ordered);
    await appendTo(tx, stageRelation, ordered, numbers);
    return { mayMisfit: false, file: null };
  }
  await createFor(tx, '__ev_raw', encoded);
  await appendTo(tx, rawRelation, encoded, numbers);
  const select = stageSelect(
    target,
    `${rawRelation} AS x`,
    encoded.map((one) => one.stageColumn('x')),
    { rowNumber: `x.${rowColumn}` },
  );
  await makeStage(tx, select);
  await tx.run(`DROP TABLE ${rawRelation}`);
  return { mayMisfit: select.mayMisfit, file: null };
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
