import { quoteIdentifier, quoteList } from '../core/identifier.ts';
import type { IngestTarget } from './ingest-target.ts';

/** SQL list of the table's columns, as `alias` (`s.`) names them. */
export function columnList(target: IngestTarget, alias = ''): string {
  return quoteList(
    target.schema.map((column) => column.name),
    alias,
  );
}

/** SQL text of a row as JSON. */
export function jsonOf(target: IngestTarget, alias: string): string {
  const fields = target.schema.map(
    ({ name }) => `${quoteIdentifier(name)} := ${alias}.${quoteIdentifier(name)}`,
  );
  return `CAST(to_json(struct_pack(${fields.join(', ')})) AS VARCHAR)`;
}
