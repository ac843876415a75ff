import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList, versionColumn, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import { type Version, versionOf } from '../core/version.ts';
import { unknownObject } from './declare-object.ts';
import type { EngineCore } from './engine-core.ts';

/** A row that an update brought (weight 1) or took away (weight −1); a row that it replaced went, and came anew. */
export type TableChange = { readonly version: Version; readonly weight: 1 | -1; readonly row: Row };

export type TableChanges = {
  /** What came before is forgotten: `AT (VERSION => since)` reads the rows there were. */
  readonly since: Version;
  /** By version, within one in the order in which they were written. */
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
        `SELECT ${quoteList(columnNames(schema))}, ${versionColumn}, ${weightColumn}
         FROM log.${quoteIdentifier(definition.name)} ORDER BY ${versionColumn}, rowid`,
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
