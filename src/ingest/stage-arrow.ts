import type { Schema as ArrowSchema, RecordBatch } from 'apache-arrow';
import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { columnNames, findColumn, type Schema, sameName } from '../core/schema.ts';
import { addedNotice, schemaDifference, schemaMismatch } from '../core/schema-contract.ts';
import type { AppendedColumn, Session } from '../core/session.ts';
import { type ArrowColumn, appendedFrom, arrowColumn } from '../store/arrow-in.ts';
import type { SourceFile } from '../store/source-file.ts';
import { AppendedRanges } from './appended-ranges.ts';
import type { IngestTarget } from './ingest-target.ts';
import { packedNumbers } from './pack-column.ts';
import type { ArrowInput } from './row-source.ts';
import {
  rawRelation,
  rowColumn,
  type StageColumn,
  type Staged,
  type StagingPlace,
  stageSelect,
} from './stage.ts';
import { appendToTable, placeRows } from './staging-place.ts';

type Planned = { readonly column: string; readonly arrow: ArrowColumn };

/**
 * Record batches onto the stage, one at a time. Columns by name; in a program's own data a missing column takes its
 * DEFAULT, in a file (`file` not null) it is an error.
 */
export async function stageArrow(
  tx: Session,
  target: IngestTarget,
  data: ArrowInput,
  wanted: Schema,
  file: SourceFile | null,
  place: StagingPlace,
): Promise<Staged> {
  let planned: readonly Planned[] | null = null;
  let direct: readonly Planned[] | null = null;
  let notices: readonly string[] = [];
  let count = 0;
  const appended = new AppendedRanges(target);
  for await (const batch of batchesOf(data)) {
    if (planned === null) {
      ({ planned, notices } = plan(target, batch.schema, wanted, file));
      direct = place.kind === 'table' ? directColumns(target, planned) : null;
      if (direct === null) await createRaw(tx, planned);
    }
    if (direct !== null && place.kind === 'table') {
      const columns = valuesOf(batch, direct);
      await appendToTable(tx, target, columns, batch.numRows, place.version);
      appended.add(columns);
    } else await appendBatch(tx, batch, planned, count);
    count += batch.numRows;
  }
  if (direct !== null && place.kind === 'table')
    return { place: { ...place, rows: count }, mayMisfit: false, file, notices, ranges: appended.ranges() };
  planned ??= [];
  if (count === 0) await createRaw(tx, planned);
  const select = stageSelect(target, `${rawRelation} AS x`, planned.map(stageColumn), {
    rowNumber: `x.${rowColumn}`,
  });
  const placed = await placeRows(tx, target, select, place);
  await tx.run(`DROP TABLE ${rawRelation}`);
  return { place: placed, mayMisfit: select.mayMisfit, file, notices };
}

async function* batchesOf(data: ArrowInput): AsyncIterable<RecordBatch> {
  if ('batches' in data) yield* data.batches;
  else if ('schema' in data && 'numRows' in data) yield data;
  else yield* data;
}

type Plan = { readonly planned: readonly Planned[]; readonly notices: readonly string[] };

function plan(target: IngestTarget, schema: ArrowSchema, wanted: Schema, file: SourceFile | null): Plan {
  const what = file === null ? 'the Arrow data' : `"${file.name}"`;
  const names = schema.fields.map(({ name }) => name);
  const repeated = names.find((name, at) => names.findIndex((other) => sameName(other, name)) < at);
  if (repeated !== undefined) {
    const code = file === null ? 'invalid-row' : 'file-error';
    throw new EverviewError(code, `${what} has column "${repeated}" twice`);
  }
  const given = schema.fields.map((field) => ({ field, arrow: arrowColumn(field) }));
  const difference = schemaDifference(
    wanted,
    given.map(({ field, arrow }) => ({ name: field.name, type: arrow.type })),
  );
  const { added, missing } = difference;
  // In a program's own data a column that is missing takes its DEFAULT, unless another one seems to stand for it.
  if (missing.length > 0 && (file !== null || added.length > 0)) {
    const hint = `name the columns that the file has: COPY ${target.name} (a, b) FROM …`;
    throw schemaMismatch(what, target.name, difference, file === null ? knownHint(wanted) : hint);
  }
  const notice = addedNotice(what, target.name, added);
  return {
    planned: given.flatMap(({ field, arrow }) => {
      const column = findColumn(wanted, field.name);
      return column === undefined ? [] : [{ column: column.name, arrow }];
    }),
    notices: notice === null ? [] : [notice],
  };
}

function knownHint(wanted: Schema): string {
  return `the table takes ${columnNames(wanted).join(', ')}`;
}

async function createRaw(tx: Session, planned: readonly Planned[]): Promise<void> {
  const list = planned.map(({ column, arrow }) => `${quoteIdentifier(column)} ${arrow.stagedType}`);
  await tx.run(`CREATE OR REPLACE TEMP TABLE "__ev_raw" (${[`${rowColumn} BIGINT`, ...list].join(', ')})`);
}

async function appendBatch(
  tx: Session,
  batch: RecordBatch,
  planned: readonly Planned[],
  before: number,
): Promise<void> {
  const schema = [
    { name: rowColumn, type: 'BIGINT' },
    ...planned.map(({ column, arrow }) => ({ name: column, type: arrow.stagedType })),
  ];
  await tx.append(rawRelation, schema, [
    packedNumbers(before + 1, batch.numRows),
    ...valuesOf(batch, planned),
  ]);
}

/** The columns in the table's order, where all of them are there and of its own types; else null. */
function directColumns(target: IngestTarget, planned: readonly Planned[]): readonly Planned[] | null {
  const ordered = target.schema.flatMap(({ name, type }) =>
    planned.filter(
      ({ column, arrow }) =>
        column === name && arrow.stagedType === type && arrow.type === type && arrow.expression('x') === 'x',
    ),
  );
  return ordered.length === target.schema.length && planned.length === ordered.length ? ordered : null;
}

function valuesOf(batch: RecordBatch, planned: readonly Planned[]): AppendedColumn[] {
  return planned.map(({ arrow }) => {
    const vector = batch.getChild(arrow.name);
    if (vector === null) {
      throw new EverviewError('invalid-row', `a later record batch has no column "${arrow.name}"`, {
        hint: 'all batches of a stream must have one schema',
      });
    }
    const type = String(vector.type);
    if (type !== arrow.arrowType) {
      throw new EverviewError(
        'invalid-row',
        `a later record batch has "${arrow.name}" as ${type}, the first one as ${arrow.arrowType}`,
        { hint: 'all batches of a stream must have one schema' },
      );
    }
    return appendedFrom(vector, arrow);
  });
}

function stageColumn({ column, arrow }: Planned): StageColumn {
  const reference = `x.${quoteIdentifier(column)}`;
  if (!arrow.isJson) {
    return { column, expression: arrow.expression(reference), type: arrow.type, lossless: true };
  }
  return { column, expression: `CAST(${reference} AS JSON)`, type: 'JSON', lossless: true, isJson: true };
}
