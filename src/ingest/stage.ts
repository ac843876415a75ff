import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { type Column, columnNames } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import type { KeyRange } from '../store/key-range.ts';
import type { SourceFile } from '../store/source-file.ts';
import type { IngestTarget } from './ingest-target.ts';

/** The batch under examination: a temporary table that one statement makes, checks, writes from and drops. */
export const stageRelation = 'temp."__ev_stage"';

/** The batch as it came in, where it has to be converted first. */
export const rawRelation = 'temp."__ev_raw"';

/** Number of the row in its batch, from 1. */
export const rowColumn = '__ev_row';

/** rowid in `base` of the row that this one replaces or deletes; NULL for an insert. */
export const oldColumn = '__ev_old';

/** NULL, or `<column index> <value>` (index −1: a key that is no column; −2: what is no record) for the first value of the row that does not fit its column's type. */
export const misfitColumn = '__ev_misfit';

/** By column, in lower case; null: not known. */
export type KeyRanges = ReadonlyMap<string, KeyRange | null>;

export type Stage = {
  /** Where the rows wait, as a FROM item. */
  readonly relation: string;
  /** The version under which the rows are in their table already; absent: they are on the stage. */
  readonly inTable?: Version;
  /** What the rows hold in columns of keys, so that a large table need not be looked through. */
  readonly ranges?: KeyRanges;
  /** Staged rows carry `oldColumn`. */
  readonly replaces: boolean;
  /** Staged rows carry the table's columns; false for a delete. */
  readonly hasRows: boolean;
  /** Staged rows carry `misfitColumn`. */
  readonly mayMisfit: boolean;
  /** Lower-case names of the columns that may differ from the row replaced; null: every column. */
  readonly changed: ReadonlySet<string> | null;
  /** The columns that the statement sets of a row replaced; absent: every column. */
  readonly assigned?: readonly string[];
};

/**
 * Where new rows wait for their check. `stage`: a temporary table, numbered. `table`: in their table already, as rows of
 * the version in the making; so a batch in order, as most are, is written once, and no table is made for it. Only for
 * the first statement of an update on a table: it has no other rows of the version then.
 */
export type StagingPlace = { readonly kind: 'stage' } | { readonly kind: 'table'; readonly version: Version };

export const onStage = { kind: 'stage' } as const satisfies StagingPlace;

/** Where rows do wait, and how many in the table. */
export type Placed =
  | typeof onStage
  | { readonly kind: 'table'; readonly version: Version; readonly rows: number };

/** What came onto the stage. */
export type Staged = {
  readonly place: Placed;
  readonly mayMisfit: boolean;
  /** Where the rows stood, for messages. */
  readonly file: SourceFile | null;
  /** Of columns of keys, where that is known from how the rows came. */
  readonly ranges?: KeyRanges;
  /** What people are to be told of the columns that came. */
  readonly notices?: readonly string[];
};

/** How one column of the stage is made. `expression` has type `type` before the cast to the column's own. */
export type StageColumn = {
  readonly column: string;
  readonly expression: string;
  readonly type: string;
  /** Refuse values that the cast would round; off for SQL, where assignment rounds as in DuckDB. */
  readonly lossless: boolean;
  /** `expression` is of type JSON; nested values are cast strictly. */
  readonly isJson?: boolean | undefined;
  /** A condition: the row does not have the column and takes its DEFAULT. */
  readonly defaultWhen?: string | undefined;
};

export type StageSelect = { readonly sql: string; readonly mayMisfit: boolean };

export type StageSelectOptions = {
  /** Null: rows are not numbered unless one of them may have a value to complain of. */
  readonly rowNumber?: string | null;
  readonly extra?: readonly string[];
  readonly where?: string;
  /** SQL text of what the row is if it is no record (`an array`), or NULL. */
  readonly noRecord?: string | undefined;
  /** SQL text of the name of something in the row that no column takes, or NULL. */
  readonly strayKey?: string | undefined;
};

/** `SELECT __ev_row, [extra], columns…, [__ev_misfit] FROM from`: columns not given take their DEFAULT. */
export function stageSelect(
  target: IngestTarget,
  from: string,
  given: readonly StageColumn[],
  options: StageSelectOptions = {},
): StageSelect {
  const { noRecord, strayKey } = options;
  const misfits = [
    ...(noRecord === undefined ? [] : [`WHEN ${noRecord} IS NOT NULL THEN '-2 ' || ${noRecord}`]),
    ...(strayKey === undefined ? [] : [`WHEN ${strayKey} IS NOT NULL THEN '-1 ' || ${strayKey}`]),
  ];
  const selected = target.schema.map((column, index) => {
    const source = given.find((one) => one.column.toLowerCase() === column.name.toLowerCase());
    if (source === undefined) return `${defaultOf(target, column)} AS ${quoteIdentifier(column.name)}`;
    const fit = fitted(source, column);
    if (fit.misfit !== null) {
      const shown = `${quoteLiteral(`${index} `)} || coalesce(left(CAST(${source.expression} AS VARCHAR), 200), 'NULL')`;
      misfits.push(`WHEN ${fit.misfit} THEN ${shown}`);
    }
    const value =
      source.defaultWhen === undefined
        ? fit.expression
        : `CASE WHEN ${source.defaultWhen} THEN ${defaultOf(target, column)} ELSE ${fit.expression} END`;
    return `${value} AS ${quoteIdentifier(column.name)}`;
  });
  const mayMisfit = misfits.length > 0;
  const isNumbered = options.rowNumber !== null || mayMisfit;
  const list = [
    ...(isNumbered ? [`${options.rowNumber ?? 'row_number() OVER ()'} AS ${rowColumn}`] : []),
    ...(options.extra ?? []),
    ...selected,
    ...(mayMisfit ? [`CASE ${misfits.join(' ')} END AS ${misfitColumn}`] : []),
  ];
  const where = options.where === undefined ? '' : ` WHERE ${options.where}`;
  return { sql: `SELECT ${list.join(', ')} FROM ${from}${where}`, mayMisfit };
}

export function defaultOf(target: IngestTarget, column: Column): string {
  const declared = target.table.definition.columns.find(
    (one) => one.name.toLowerCase() === column.name.toLowerCase(),
  );
  return `CAST((${declared?.default ?? 'NULL'}\n) AS ${column.type})`;
}

function fitted(source: StageColumn, column: Column): { expression: string; misfit: string | null } {
  const { expression, type } = source;
  if (source.isJson === true && column.type !== 'JSON') return fittedJson(expression, column.type);
  if (type === column.type) return { expression, misfit: null };
  if (alwaysFits(type, column.type)) {
    return { expression: `CAST(${expression} AS ${column.type})`, misfit: null };
  }
  const cast = `TRY_CAST(${expression} AS ${column.type})`;
  const rounds = source.lossless ? roundingTest(expression, cast, type, column.type) : null;
  const inside =
    source.lossless && /\b(FLOAT|DOUBLE|DECIMAL)\b/.test(type)
      ? nestedRounding(cast, column.type, (wide) => `TRY_CAST(${expression} AS ${wide})`)
      : '';
  const misfit = `${expression} IS NOT NULL AND ${cast} IS NULL${rounds === null ? '' : ` OR ${rounds}`}${inside}`;
  return { expression: cast, misfit };
}

/** A cast of JSON to a list gives NULL elements under TRY_CAST; TRY around a strict cast does not. */
function fittedJson(json: string, type: string): { expression: string; misfit: string } {
  const cast = `TRY(CAST(${json} AS ${type}))`;
  const rounds =
    integerOf(type) === null
      ? nestedRounding(cast, type, (wide) => `TRY(CAST(${json} AS ${wide}))`)
      : ` OR TRY_CAST(${json} AS DOUBLE) <> ${cast}`;
  return { expression: cast, misfit: `json_type(${json}) <> 'NULL' AND ${cast} IS NULL${rounds}` };
}

/** ` OR` what is true where an integer inside a list, struct or map was rounded; empty where the type has none. */
function nestedRounding(cast: string, type: string, readAs: (wide: string) => string): string {
  if (!/\]$|^(STRUCT|MAP)\(/.test(type)) return '';
  // Wider ones do not convert to DOUBLE as their text does. What stands in quotes is a name.
  const wide = type.replace(
    /"(?:[^"]|"")*"|'(?:[^']|'')*'|\bU?(?:TINYINT|SMALLINT|INTEGER|BIGINT)\b/g,
    (found) => (/^["']/.test(found) ? found : 'DOUBLE'),
  );
  if (wide === type) return '';
  return ` OR coalesce(CAST(${cast} AS ${wide}) IS DISTINCT FROM ${readAs(wide)}, false)`;
}

const integerBits: Readonly<Record<string, number>> = {
  TINYINT: 8,
  SMALLINT: 16,
  INTEGER: 32,
  BIGINT: 64,
  HUGEINT: 128,
  UTINYINT: 8,
  USMALLINT: 16,
  UINTEGER: 32,
  UBIGINT: 64,
  UHUGEINT: 128,
};

function integerOf(type: string): { bits: number; signed: boolean } | null {
  const bits = integerBits[type];
  return bits === undefined ? null : { bits, signed: !type.startsWith('U') };
}

/** Every value of `from` is one of `to`, unchanged. */
function alwaysFits(from: string, to: string): boolean {
  if (from === to || to === 'VARCHAR') return true;
  if (from === '"NULL"' || from === 'SQLNULL') return true;
  const source = integerOf(from);
  const goal = integerOf(to);
  if (source !== null && goal !== null) {
    if (source.signed === goal.signed) return source.bits <= goal.bits;
    return !source.signed && source.bits < goal.bits;
  }
  if (source !== null && to === 'DOUBLE') return source.bits <= 32;
  if (from === 'FLOAT' && to === 'DOUBLE') return true;
  return from === 'DATE' && to === 'TIMESTAMP';
}

const fractional = /^(FLOAT|DOUBLE|DECIMAL\(.*\))$/;

/** A condition true where the cast changed the value; null where a change is what the user asked for. */
function roundingTest(expression: string, cast: string, from: string, to: string): string | null {
  if (fractional.test(from) && integerOf(to) !== null) return `${cast} <> ${expression}`;
  if (from === 'VARCHAR' && integerOf(to) !== null) {
    return `(contains(${expression}, '.') OR contains(lower(${expression}), 'e'))
            AND TRY_CAST(${expression} AS DOUBLE) IS DISTINCT FROM ${cast}`;
  }
  if (integerOf(from) !== null && /^(FLOAT|DOUBLE)$/.test(to)) {
    return `TRY_CAST(${cast} AS HUGEINT) IS DISTINCT FROM CAST(${expression} AS HUGEINT)`;
  }
  if (from.startsWith('TIMESTAMP') && to === 'DATE') return `CAST(${cast} AS TIMESTAMP) <> ${expression}`;
  return null;
}

export async function makeStage(tx: Session, select: StageSelect): Promise<void> {
  await tx.run(`CREATE OR REPLACE TEMP TABLE "__ev_stage" AS ${select.sql}`);
}

/** Drops what the batch left. A transaction that DuckDB has aborted rolls the tables back itself. */
export async function dropStage(tx: Session): Promise<void> {
  for (const name of ['__ev_stage', '__ev_raw', '__ev_broken', '__ev_bad', '__ev_rows', '__ev_places']) {
    await tx.run(`DROP TABLE IF EXISTS temp."${name}"`);
  }
}

/** Runs `work` and leaves no temporary table behind. */
export async function withStage<T>(
  tx: Session,
  work: () => Promise<T>,
  isStaged: (result: T) => boolean = () => true,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (failure) {
    try {
      await dropStage(tx);
    } catch {
      // The transaction is aborted; the first failure is the one to tell.
    }
    throw failure;
  }
  if (isStaged(result)) await tx.run('DROP TABLE IF EXISTS temp."__ev_stage"');
  return result;
}

/** @throws EverviewError for the first staged value that does not fit its column. */
export async function assertFits(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  file: SourceFile | null,
): Promise<void> {
  if (!stage.mayMisfit) return;
  const [row] = await tx.rows(
    `SELECT ${rowColumn} AS r, ${misfitColumn} AS m FROM ${stageRelation}
     WHERE ${misfitColumn} IS NOT NULL ORDER BY 1 LIMIT 1`,
  );
  if (typeof row?.m === 'string') throw await misfitError(target, Number(row.r), row.m, file);
}

/** What a misfit text of the stage says, as an error. */
export async function misfitError(
  target: IngestTarget,
  row: number,
  misfit: string,
  file: SourceFile | null,
): Promise<EverviewError> {
  const space = misfit.indexOf(' ');
  const index = Number(misfit.slice(0, space));
  const column = target.schema[index];
  const value = misfit.slice(space + 1);
  if (index === -2) return noRecordError(target, value, file, await placeIn(row, file));
  if (column === undefined) return strayKeyError(target, value, file, await placeIn(row, file));
  return new EverviewError(
    file === null ? 'invalid-row' : 'file-error',
    `${await placeIn(row, file)}, column "${column.name}" of "${target.name}": ${JSON.stringify(value)} is no ${column.type}`,
    {
      hint: 'nothing of the update was taken',
      data: { table: target.name, row, column: column.name, value },
    },
  );
}

async function placeIn(row: number, file: SourceFile | null): Promise<string> {
  return file === null ? `row ${row}` : `"${file.name}", ${await file.placeOfRow(row)}`;
}

function noRecordError(
  target: IngestTarget,
  kind: string,
  file: SourceFile | null,
  place: string,
): EverviewError {
  return new EverviewError(
    file === null ? 'invalid-row' : 'file-error',
    `${place}: ${kind} where an object is wanted`,
    {
      hint: `nothing of the update was taken; a row is an object of names and values, as {"${target.schema[0]?.name}": …}`,
      data: { table: target.name },
    },
  );
}

function strayKeyError(
  target: IngestTarget,
  key: string,
  file: SourceFile | null,
  place: string,
): EverviewError {
  return new EverviewError(
    file === null ? 'invalid-row' : 'file-error',
    `${place}: "${target.name}" has no column "${key}"`,
    { hint: nearestHint(key, columnNames(target.schema)), data: { table: target.name, column: key } },
  );
}
