/** `type` is DuckDB's canonical name for it (`INTEGER`, `DECIMAL(10,2)`, `VARCHAR[]`, …). */
export type Column = { readonly name: string; readonly type: string };

export type Schema = readonly Column[];

export function columnNames(schema: Schema): string[] {
  return schema.map((column) => column.name);
}

/** Column and object names compare without case, as in DuckDB. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function findColumn(schema: Schema, name: string): Column | undefined {
  return schema.find((column) => sameName(column.name, name));
}

/** How a value of the type behaves under summation. */
export type NumericKind = 'integer' | 'decimal' | 'float';

export function numericKindOf(type: string): NumericKind | null {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/.test(type)) return 'integer';
  if (/^DECIMAL\(/.test(type)) return 'decimal';
  if (/^(FLOAT|DOUBLE)$/.test(type)) return 'float';
  return null;
}
