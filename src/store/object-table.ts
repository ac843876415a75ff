import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Definition } from '../declare/definition.ts';

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
    // Written by saveObjects from a checked definition, in this release's form (migrations see to that).
    definition: JSON.parse(String(row.definition)) as Definition,
    hash: String(row.hash),
    schema: JSON.parse(String(row.schema)) as Schema,
    createdAtMs: Number(row.created_at),
  }));
}

/** Replaces the stored catalog by `objects`. */
export async function saveObjects(tx: Session, objects: readonly StoredObject[]): Promise<void> {
  await tx.run('DELETE FROM everview.objects');
  for (const [position, object] of objects.entries()) {
    await tx.run('INSERT INTO everview.objects VALUES ($1, $2, $3, $4, $5, $6, $7)', [
      object.definition.name,
      object.definition.kind,
      JSON.stringify(object.definition),
      object.hash,
      JSON.stringify(object.schema),
      new Date(object.createdAtMs),
      position,
    ]);
  }
}
