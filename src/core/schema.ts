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

export function hasSameColumns(a: Schema, b: Schema): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, type }, index) => name === b[index]?.name && type === b[index]?.type)
  );
}

/** Names of columns as keys of a row: of equal ones all but the first become `a:1`, `a:2`, …, whatever is not taken. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  if (taken.size === names.length) return [...names];
  const seen = new Set<string>();
  return names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 1;
    while (taken.has(`${name}:${number}`)) number++;
    taken.add(`${name}:${number}`);
    return `${name}:${number}`;
  });
}

/** How a value of the type behaves under summation. */
export type NumericKind = 'integer' | 'decimal' | 'float';

export function numericKindOf(type: string): NumericKind | null {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/.test(type)) return 'integer';
  if (/^DECIMAL\(/.test(type)) return 'decimal';
  if (/^(FLOAT|DOUBLE)$/.test(type)) return 'float';
  return null;
}
