import { EverviewError } from '../core/errors.ts';
import { findColumn, numericKindOf, type Schema, sameName } from '../core/schema.ts';
import type { Constraint, Declared, TableDefinition } from '../declare/definition.ts';

export type ReferencesConstraint = Extract<Constraint, { kind: 'references' }>;

/** A REFERENCES with both ends resolved. */
export type Reference = {
  readonly constraint: ReferencesConstraint;
  readonly childTable: string;
  readonly childColumns: readonly string[];
  readonly parentTable: string;
  readonly parentColumns: readonly string[];
  /** The child's primary key, to name a row of it by; empty when it has none. */
  readonly childKey: readonly string[];
};

/** A base table as updates see it: its declaration, and the tables it is tied to. Made once per catalog state. */
export type IngestTarget = {
  readonly table: Declared<TableDefinition>;
  readonly name: string;
  readonly schema: Schema;
  /** REFERENCES this table declares. */
  readonly parents: readonly Reference[];
  /** REFERENCES to this table, its own to itself among them. */
  readonly children: readonly Reference[];
};

/** @param tables every base table, this one among them or not. */
export function createIngestTarget(
  table: Declared<TableDefinition>,
  tables: Iterable<Declared<TableDefinition>>,
): IngestTarget {
  const name = table.definition.name;
  const all = [table, ...[...tables].filter((other) => !sameName(other.definition.name, name))];
  const references = all.flatMap((child) => referencesOf(child, all));
  return {
    table,
    name,
    schema: table.schema,
    parents: references.filter((reference) => sameName(reference.childTable, name)),
    children: references.filter((reference) => sameName(reference.parentTable, name)),
  };
}

function referencesOf(
  { definition: child, schema }: Declared<TableDefinition>,
  tables: readonly Declared<TableDefinition>[],
): readonly Reference[] {
  return child.constraints.flatMap((constraint) => {
    if (constraint.kind !== 'references') return [];
    const found = tables.find((other) => sameName(other.definition.name, constraint.table));
    if (found === undefined) {
      throw new EverviewError(
        'unknown-relation',
        `"${child.name}" references "${constraint.table}", which is no table`,
      );
    }
    const parent = found.definition;
    const parentColumns =
      constraint.targetColumns.length > 0 ? constraint.targetColumns : primaryKeyOf(parent);
    assertKey(child, constraint, parent, parentColumns);
    assertComparable(child.name, constraint.columns, schema, found, parentColumns);
    return [
      {
        constraint,
        childTable: child.name,
        childColumns: constraint.columns,
        parentTable: parent.name,
        parentColumns,
        childKey: primaryKeyOf(child),
      },
    ];
  });
}

/** A reference must find at most one row: its target is a declared key. */
function assertKey(
  child: TableDefinition,
  constraint: ReferencesConstraint,
  parent: TableDefinition,
  columns: readonly string[],
): void {
  const keys = keysOf(parent);
  if (columns.length === constraint.columns.length && keys.some((key) => sameColumns(key, columns))) return;
  throw new EverviewError(
    'invalid-definition',
    `"${child.name}" (${constraint.columns.join(', ')}) references "${parent.name}" (${columns.join(', ')}), which is no key of it`,
    {
      hint:
        keys.length === 0
          ? `declare a PRIMARY KEY or UNIQUE on "${parent.name}"`
          : `keys of "${parent.name}": ${keys.map((key) => `(${key.join(', ')})`).join(', ')}`,
    },
  );
}

/** Values of unlike types would only compare by casts that may fail. */
function assertComparable(
  child: string,
  columns: readonly string[],
  schema: Schema,
  parent: Declared<TableDefinition>,
  parentColumns: readonly string[],
): void {
  for (const [index, column] of columns.entries()) {
    const own = findColumn(schema, column)?.type ?? '';
    const other = findColumn(parent.schema, parentColumns[index] ?? '')?.type ?? '';
    if (own === other || (numericKindOf(own) !== null && numericKindOf(other) !== null)) continue;
    throw new EverviewError(
      'invalid-definition',
      `"${child}" (${column}) is ${own} and references "${parent.definition.name}" (${parentColumns[index]}), which is ${other}`,
      { hint: 'give both columns one type' },
    );
  }
}

/** Columns of every UNIQUE and PRIMARY KEY. */
export function keysOf(table: TableDefinition): readonly (readonly string[])[] {
  return table.constraints.flatMap((constraint) =>
    constraint.kind === 'primary-key' || constraint.kind === 'unique' ? [constraint.columns] : [],
  );
}

/** The same columns, in any order. */
export function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.some((other) => sameName(name, other)));
}

/** Empty when none is declared. */
export function primaryKeyOf(table: TableDefinition): readonly string[] {
  for (const constraint of table.constraints) {
    if (constraint.kind === 'primary-key') return constraint.columns;
  }
  return [];
}
