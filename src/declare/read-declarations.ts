import type { Definition } from './definition.ts';
import { parseStatement } from './statement-parser.ts';
import { splitStatements } from './statement-reader.ts';

/**
 * The definitions that the CREATE statements of a text make, in order; other statements are passed over.
 * @throws EverviewError of category `declaration`; its place is within the statement.
 */
export function readDeclarations(text: string): readonly Definition[] {
  return splitStatements(text).flatMap((statement) => {
    const read = parseStatement(statement.text);
    return read.kind === 'create' ? [read.definition] : [];
  });
}
