import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { loadParts, loadTableHistory } from '../ingest/judge/profile-log.ts';
import { type SmallestChange, smallestChange } from '../ingest/judge/smallest-change.ts';
import { learningUpdates } from '../ingest/judge/table-history.ts';
import { columnKindOf } from '../ingest/profile/column-kind.ts';
import { countNames } from '../ingest/profile/column-profile.ts';
import { mergeParts, totalOf } from '../ingest/profile/profile-part.ts';
import { dataRelation } from '../ingest/relation-names.ts';
import { nameOf, type TableEntry } from '../query/catalog.ts';
import { unknownObject } from './declare-object.ts';
import type { EngineCore } from './engine-core.ts';
import type { Shown } from './show-objects.ts';

/** One column of a table as PROFILE tells of it. */
export type ProfiledColumn = {
  readonly column: string;
  readonly kind: string;
  readonly rows: number;
  readonly nulls: number;
  /** Counts that are above 0: `{ zero: 12, negative: 3 }`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Values that differ: counted, or of tables above ten million values estimated. */
  readonly distinct: number;
  readonly least: string | null;
  readonly median: string | null;
  readonly greatest: string | null;
  readonly smallest: SmallestChange;
};

export type TableProfile = {
  readonly table: string;
  readonly rows: number;
  /** Updates that are learned from. */
  readonly updates: number;
  readonly columns: readonly ProfiledColumn[];
};

/**
 * What is known of a table: counts as its updates added them up, order statistics of the rows as they are.
 * @throws EverviewError `unknown-relation`, `wrong-kind`, `unsupported` for a table that is not profiled
 */
export function profileTable(core: EngineCore, name: string): Promise<TableProfile> {
  return core.store.read(
    () => core.state,
    async (snapshot) => {
      const entry = profiledEntry(core, name);
      const table = nameOf(entry);
      const { schema } = entry.target;
      const total = totalOf(mergeParts(await loadParts(snapshot, table)));
      const history = await loadTableHistory(snapshot, table, 'insert');
      const ranges = await rangesOf(snapshot, entry, total?.rows ?? 0);
      const noticeBelow = await noticeOf(snapshot, table);
      const columns = schema.map((column, index): ProfiledColumn => {
        const counted = total?.columns.find((one) => one.name === column.name);
        const kind = columnKindOf(column.type);
        const names: readonly string[] = countNames[kind];
        const counts = names.map((what, place): [string, number] => [what, counted?.counts[place] ?? 0]);
        const knows = history.units.length >= learningUpdates && noticeBelow > 0;
        return {
          column: column.name,
          kind,
          rows: total?.rows ?? 0,
          nulls: counted?.nulls ?? 0,
          counts: Object.fromEntries(counts.filter(([, count]) => count > 0)),
          ...(ranges[index] ?? { distinct: 0, least: null, median: null, greatest: null }),
          smallest: knows
            ? smallestChange(history, column.name, index, noticeBelow)
            : { nulls: null, median: null },
        };
      });
      return { table, rows: total?.rows ?? 0, updates: history.units.length, columns };
    },
  );
}

/** @throws EverviewError when the object is no table that is profiled. */
export function profiledEntry(core: EngineCore, name: string): TableEntry {
  const entry = core.state.catalog.get(name);
  if (entry === undefined) throw unknownObject(core, name);
  if (entry.kind !== 'table') {
    throw new EverviewError('wrong-kind', `"${name}" is a ${entry.kind}; base tables are profiled`);
  }
  if (entry.declared.definition.isProfiled) return entry;
  throw new EverviewError('unsupported', `"${nameOf(entry)}" is not profiled`, {
    hint: `ALTER TABLE ${nameOf(entry)} SET (profile = on), and what its next updates are like will be learned`,
  });
}

type Range = Pick<ProfiledColumn, 'distinct' | 'least' | 'median' | 'greatest'>;

/** A chunk of columns a statement: DuckDB plans thousands of aggregates of one slowly. */
const columnsAtOnce = 100;

/** Values up to which those that differ are counted, and no longer estimated. */
const mostCounted = 10_000_000;

async function rangesOf(session: Session, { target }: TableEntry, rows: number): Promise<Range[]> {
  const ranges: Range[] = [];
  const names = columnNames(target.schema);
  const isCounted = rows * names.length <= mostCounted;
  for (let from = 0; from < names.length; from += columnsAtOnce) {
    const chunk = names.slice(from, from + columnsAtOnce);
    const selected = chunk.flatMap((name, place) => {
      const column = quoteIdentifier(name);
      const isNumber = columnKindOf(target.schema[from + place]?.type ?? '') === 'number';
      return [
        `${isCounted ? `count(DISTINCT ${column})` : `approx_count_distinct(${column})`} AS d${place}`,
        `min(${column})::VARCHAR AS l${place}`,
        `max(${column})::VARCHAR AS g${place}`,
        `${isNumber ? `median(${column})::VARCHAR` : 'NULL'} AS m${place}`,
      ];
    });
    const [row] = await session.rows(`SELECT ${selected.join(', ')} FROM ${dataRelation(target.name)}`);
    const text = (value: unknown) => (typeof value === 'string' ? value : null);
    for (const place of chunk.keys()) {
      ranges.push({
        distinct: Number(row?.[`d${place}`] ?? 0),
        least: text(row?.[`l${place}`]),
        median: text(row?.[`m${place}`]),
        greatest: text(row?.[`g${place}`]),
      });
    }
  }
  return ranges;
}

/** The p-value that made a notice when the newest update was judged; 0: none was yet. */
async function noticeOf(session: Session, table: string): Promise<number> {
  const [row] = await session.rows(
    `SELECT notice_below FROM everview.profiles WHERE name = $1 AND kind = 'insert' AND tests > 0
     ORDER BY version DESC, update_id DESC LIMIT 1`,
    [table],
  );
  return Number(row?.notice_below ?? 0);
}

export function shownProfile(profile: TableProfile): Shown {
  const text = (name: string) => ({ name, type: 'VARCHAR' });
  return {
    columns: [
      text('column'),
      text('kind'),
      { name: 'rows', type: 'BIGINT' },
      { name: 'nulls', type: 'BIGINT' },
      { name: 'distinct', type: 'BIGINT' },
      ...['least', 'median', 'greatest', 'counts'].map(text),
      { name: 'smallest_null_rise', type: 'DOUBLE' },
      { name: 'smallest_median_shift', type: 'DOUBLE' },
    ],
    rows: profile.columns.map(({ smallest, counts, rows, nulls, distinct, ...column }) => ({
      ...column,
      rows: BigInt(rows),
      nulls: BigInt(nulls),
      distinct: BigInt(distinct),
      counts: Object.entries(counts)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
      smallest_null_rise: smallest.nulls,
      smallest_median_shift: smallest.median,
    })),
  };
}
