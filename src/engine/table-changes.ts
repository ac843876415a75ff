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
  /** By version; within one what went, then what came in the order in which it was written. */
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

/** What an update took away and brought again is no change; what it took away comes first, then what it brought, in order. */
function changesSql(table: string, columns: string, since: Version): string {
  const later = `WHERE ${versionColumn} > ${since}`;
  const weight = `sum(${weightColumn})`;
  return `SELECT ${columns}, ${versionColumn}, ${weightColumn} FROM (
      SELECT ${columns}, ${versionColumn}, 1 AS ${weightColumn}, rowid AS place FROM ${baseRelation(table)} ${later}
      UNION ALL
      SELECT * REPLACE (sign(${weightColumn}) AS ${weightColumn}), unnest(range(abs(${weightColumn}))) - abs(${weightColumn}) FROM (
        SELECT ${columns}, ${versionColumn}, ${weight}::BIGINT AS ${weightColumn} FROM ${pastRelation(table)} ${later}
        GROUP BY ALL HAVING ${weight} <> 0))
    ORDER BY ${versionColumn}, ${weightColumn}, place`;
}
