import { EverviewError } from '../core/errors.ts';
import { quoteList, versionColumn, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import { type Version, versionOf } from '../core/version.ts';
import { baseRelation, pastRelation } from '../ingest/relation-names.ts';
import { unknownObject } from './declare-object.ts';
import type { EngineCore } from './engine-core.ts';

/** A row that an update brought (weight 1) or took away (weight −1); a row that it replaced went, and came anew. */
export type TableChange = { readonly version: Version; readonly weight: 1 | -1; readonly row: Row };

export type TableChanges = {
  /** What came before is forgotten: `AT (VERSION => since)` reads the rows there were. */
  readonly since: Version;
  /** By version; within one what went, then what came, in an order that is always the same. */
  readonly changes: readonly TableChange[];
};

/**
 * The change log of a base table.
 * @throws EverviewError `unknown-relation`, `wrong-kind`
 */
export function tableChanges(core: EngineCore, name: string): Promise<TableChanges> {
  return core.store.read(
    () => core.state,
    async (snapshot, state) => {
      const entry = state.catalog.get(name);
      if (entry === undefined) throw unknownObject(core, name);
      if (entry.kind !== 'table') {
        throw new EverviewError('wrong-kind', `"${name}" is a ${entry.kind.replace('-', ' ')}, no table`, {
          hint: 'base tables have a change log',
        });
      }
      const { definition, schema } = entry.declared;
      const rows = await snapshot.rows(
        changesSql(definition.name, quoteList(columnNames(schema)), state.horizon),
      );
      const changes = rows.map(
        ({ [versionColumn]: version, [weightColumn]: weight, ...row }): TableChange => {
          return { version: versionOf(Number(version)), weight: Number(weight) < 0 ? -1 : 1, row };
        },
      );
      return { since: state.horizon, changes };
    },
  );
}

/**
 * Of each version what went, then what came: in the order in which it was written, but that rows which have changed or
 * gone since come before the others. A row that was changed there and back in one update is no change.
 */
function changesSql(table: string, columns: string, since: Version): string {
  const later = `WHERE ${versionColumn} > ${since}`;
  const net = `sum(${weightColumn})`;
  return `SELECT ${columns}, ${versionColumn}, sign(${weightColumn}) AS ${weightColumn} FROM (
      SELECT *, unnest(range(abs(${weightColumn}))) FROM (
        SELECT ${columns}, ${versionColumn}, ${net}::BIGINT AS ${weightColumn}, 0 AS __ev_of, min(rowid) AS __ev_place
        FROM ${pastRelation(table)} ${later} GROUP BY ALL HAVING ${net} <> 0
        UNION ALL
        SELECT ${columns}, ${versionColumn}, 1, 1, rowid FROM ${baseRelation(table)} ${later}))
    ORDER BY ${versionColumn}, ${weightColumn}, __ev_of, __ev_place`;
}
