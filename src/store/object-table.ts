import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlValue } from '../core/value.ts';
import type { Definition } from '../declare/definition.ts';
import { readDefinitionJson } from '../declare/definition-json.ts';

/** One declared object as the file keeps it. */
export type StoredObject = {
  readonly definition: Definition;
  readonly hash: string;
  readonly schema: Schema;
  readonly createdAtMs: number;
};

/** In the order of declaration. */
export async function loadObjects(session: Session): Promise<StoredObject[]> {
  const rows = await session.rows('SELECT * FROM everview.objects ORDER BY position');
  return rows.map((row) => ({
    definition: readDefinitionJson(String(row.definition)),
    hash: String(row.hash),
    schema: JSON.parse(String(row.schema)) as Schema,
    createdAtMs: Number(row.created_at),
  }));
}

const objectColumns: Schema = [
  ...['name', 'kind', 'definition', 'hash', 'schema'].map((name) => ({ name, type: 'VARCHAR' })),
  { name: 'created_at', type: 'TIMESTAMP' },
  { name: 'position', type: 'BIGINT' },
];

/** Replaces the stored catalog by `objects`. */
export async function saveObjects(tx: Session, objects: readonly StoredObject[]): Promise<void> {
  await tx.run('DELETE FROM everview.objects');
  const column = (value: (object: StoredObject, position: number) => SqlValue) => objects.map(value);
  await tx.append('everview."objects"', objectColumns, [
    column(({ definition }) => definition.name),
    column(({ definition }) => definition.kind),
    column(({ definition }) => JSON.stringify(definition)),
    column(({ hash }) => hash),
    column(({ schema }) => JSON.stringify(schema)),
    column(({ createdAtMs }) => new Date(createdAtMs)),
    column((_, position) => BigInt(position)),
  ]);
}
