import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn, type Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { type FileRequest, fileFailure, matchColumns, type OpenedFile, readerOfFile } from './source-file.ts';

export async function openParquet(tx: Session, request: FileRequest): Promise<OpenedFile> {
  const { path, wanted } = request;
  const { file, alone } = readerOfFile(path);
  const from = `read_parquet(${file}, ${alone})`;
  let schema: Schema;
  try {
    schema = await tx.describe(`SELECT * FROM ${from}`);
  } catch (failure) {
    throw fileFailure(path, failure);
  }
  const { notices } = matchColumns(request, schema);
  return {
    kind: 'relation',
    notices,
    name: path,
    from: `${from} AS x`,
    columns: wanted.map((column) => {
      const found = findColumn(schema, column.name) ?? column;
      return { column: column.name, expression: `x.${quoteIdentifier(found.name)}`, type: found.type };
    }),
    placeOfRow: async (row) => `row ${row}`,
    explain: async (failure) => fileFailure(path, failure),
  };
}
