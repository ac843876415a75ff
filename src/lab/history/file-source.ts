import { type Column, Everview, EverviewError, formatName, type Row } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import { type Declared, type DeclaredTable, isNamed } from './declared.ts';
import { failureInText } from './failure-in-text.ts';
import { type Moment, sortedByTime, type Timeline } from './timeline.ts';

type FileSource = Extract<Experiment['source'], { kind: 'files' }>;

/** Beside the columns of the table: whether the event time was NULL before it was read as one. */
const missingColumn = '__lab_missing';

/**
 * The rows of files, by event time.
 * @param dataFolder what `{data}` in a SELECT stands for
 * @throws EverviewError `unknown-relation`, `unknown-column`, `invalid-row`, or of the query
 */
export async function readFiles(
  source: FileSource,
  declared: Declared,
  dataFolder: string,
  signal: AbortSignal,
): Promise<Timeline> {
  assertSourced(source, declared);
  const initial: { table: DeclaredTable; rows: readonly Row[] }[] = [];
  const moments: Moment[] = [];
  await using engine = await Everview.open(':memory:');
  for (const table of declared.tables) {
    const given = source.tables.find((one) => isNamed(table.name)({ name: one.table }));
    if (given === undefined) continue;
    const eventTime = given.eventTime ?? table.eventTime;
    const select = given.select.replaceAll('{data}', () => dataFolder.replaceAll("'", "''"));
    const read = new TableReader(table, eventTime === null ? null : timeColumn(table, eventTime));
    await read.from(engine, select, signal);
    if (eventTime === null) initial.push({ table, rows: read.rows });
    else for (const one of read.moments()) moments.push(one);
  }
  return { initial, moments: sortedByTime(moments) };
}

function assertSourced(source: FileSource, { tables }: Declared): void {
  const lacking = tables.filter(
    ({ name }) => !source.tables.some((one) => isNamed(name)({ name: one.table })),
  );
  if (lacking.length > 0) {
    throw new EverviewError(
      'unknown-relation',
      `${lacking.map(({ name }) => `"${name}"`).join(', ')} of the declarations has no source`,
      {
        hint: '`source.tables` needs a SELECT for every base table',
      },
    );
  }
  const stranger = source.tables.find(({ table }) => !tables.some(isNamed(table)));
  if (stranger !== undefined) {
    throw new EverviewError(
      'unknown-relation',
      `a source is given for "${stranger.table}", which is not declared`,
      {
        hint: `base tables are ${tables.map(({ name }) => `"${name}"`).join(', ')}`,
      },
    );
  }
}

function timeColumn(table: DeclaredTable, name: string): Column {
  const column = table.columns.find(isNamed(name));
  if (column === undefined) {
    throw new EverviewError(
      'unknown-column',
      `table "${table.name}" has no column "${name}" for its event time`,
      {
        hint: `it has ${table.columns.map((one) => one.name).join(', ')}`,
      },
    );
  }
  if (/^(DATE|TIMESTAMP.*)$/.test(column.type)) return column;
  throw new EverviewError(
    'invalid-definition',
    `event time "${name}" of table "${table.name}" is ${column.type}`,
    {
      hint: 'an event time is a DATE, TIMESTAMP or TIMESTAMP WITH TIME ZONE column',
    },
  );
}

/** Reads what a SELECT gives as rows of a table, in the types of its columns. */
class TableReader {
  readonly #table: DeclaredTable;
  readonly #eventTime: Column | null;
  readonly rows: Row[] = [];

  constructor(table: DeclaredTable, eventTime: Column | null) {
    this.#table = table;
    this.#eventTime = eventTime;
  }

  async from(engine: Everview, select: string, signal: AbortSignal): Promise<void> {
    // On lines of its own: it may end in a comment, and its places are easily told.
    const text = `(\n${select.trim().replace(/;$/, '')}\n)`;
    const given = await this.#run(`SELECT * FROM ${text} LIMIT 0`, (sql) => engine.query(sql));
    const columns = this.#columnsOf(given.columns);
    await this.#run(`SELECT ${columns.join(', ')} FROM ${text}`, async (sql) => {
      const stream = await engine.stream(sql);
      for await (const batch of stream.batches()) {
        signal.throwIfAborted();
        for (const row of batch) this.rows.push(row);
      }
    });
  }

  async #run<T>(sql: string, work: (sql: string) => Promise<T>): Promise<T> {
    try {
      return await work(sql);
    } catch (failure) {
      const told = failureInText(failure, `source of "${this.#table.name}"`, sql, 1);
      throw isFileMissing(told) ? missingFile(told) : told;
    }
  }

  /** @throws EverviewError `invalid-row` where the event time of rows is not known */
  moments(): Moment[] {
    const name = this.#eventTime?.name ?? '';
    const counts = { missing: 0, unreadable: 0 };
    const moments = this.rows.map(({ [missingColumn]: isMissing, ...row }): Moment => {
      const time = row[name];
      const eventMs = time instanceof Date ? time.getTime() : Number.NaN;
      if (isMissing === true) counts.missing++;
      else if (!Number.isFinite(eventMs)) counts.unreadable++;
      return { atMs: eventMs, eventMs, table: this.#table, row, weight: 1 };
    });
    if (counts.missing + counts.unreadable === 0) return moments;
    throw new EverviewError(
      'invalid-row',
      `source of "${this.#table.name}": of ${moments.length} rows ${counts.missing} have no event time ("${name}" is NULL), and of ${counts.unreadable} it cannot be read or is infinite`,
      { hint: `leave them out in its SELECT, as WHERE ${formatName(name)} IS NOT NULL`, data: counts },
    );
  }

  #columnsOf(given: readonly Column[]): string[] {
    const { name: table, columns } = this.#table;
    const stranger = given.find(({ name }) => !columns.some(isNamed(name)));
    if (stranger !== undefined) {
      throw new EverviewError(
        'unknown-column',
        `source of "${table}" gives a column "${stranger.name}" that the table does not have`,
        {
          hint: `it has ${columns.map(({ name }) => name).join(', ')}`,
        },
      );
    }
    const time = this.#eventTime;
    if (time !== null && !given.some(isNamed(time.name))) {
      throw new EverviewError(
        'unknown-column',
        `source of "${table}" does not give "${time.name}", its event time`,
        {
          hint: `it gives ${given.map(({ name }) => name).join(', ')}`,
        },
      );
    }
    const read = columns
      .filter(({ name }) => given.some(isNamed(name)))
      .map((column) => {
        const cast = column.name === time?.name ? 'TRY_CAST' : 'CAST';
        return `${cast}(${formatName(column.name)} AS ${column.type}) AS ${formatName(column.name)}`;
      });
    return time === null ? read : [...read, `${formatName(time.name)} IS NULL AS ${missingColumn}`];
  }
}

/** DuckDB tells of it as of any failure to read. */
function isFileMissing(failure: unknown): failure is EverviewError {
  return failure instanceof EverviewError && failure.message.includes('No files found that match');
}

function missingFile({ message, cause }: EverviewError): EverviewError {
  return new EverviewError('file-error', message, {
    hint: '{data} stands for the data folder: by default that of the experiment, or what --data names',
    cause,
  });
}
