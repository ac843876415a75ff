import type { JoinInput } from '../algebra/join.ts';
import type { Relation } from '../algebra/node.ts';
import { sameName } from '../core/schema.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import { LowerRefusal } from './lower-refusal.ts';

/** A column in sight: by the name the query may call it (null: none), and by its name in the node that has it. */
export type ScopeColumn = { readonly visible: string | null; readonly column: string };

/** What a name in sight stands for: columns of one of the scope's nodes. */
export type ScopeInput = {
  readonly alias: string;
  /** The alias of the node. */
  readonly of: string;
  readonly columns: readonly ScopeColumn[];
};

/** A column by the alias of its node. */
export type QualifiedColumn = { readonly alias: string; readonly column: ScopeColumn };

/** A column of JOIN … USING, and those of the inputs that it stands for. */
export type MergedColumn = QualifiedColumn & { readonly sides: readonly QualifiedColumn[] };

/**
 * What a FROM clause brings into sight: `nodes` joined on `conditions`, and the names for them. `merged`: columns of
 * JOIN … USING, which count once.
 */
export type FromScope = {
  readonly nodes: readonly JoinInput<Relation<SqlNode>>[];
  readonly inputs: readonly ScopeInput[];
  readonly merged: readonly MergedColumn[];
  readonly conditions: readonly SqlNode[];
};

/**
 * The column a reference names, as `[alias, column, …fields]`; null when it names none in sight.
 *
 * @throws LowerRefusal when it names several
 */
export function resolveColumn(scope: FromScope, names: readonly string[]): string[] | null {
  const [first, second, ...rest] = names;
  if (first === undefined) return null;
  const input = scope.inputs.find((candidate) => sameName(candidate.alias, first));
  if (input !== undefined && second !== undefined) {
    const column = columnNamed(input, second);
    if (column !== undefined) return [input.of, column.column, ...rest];
  }
  const found = bareColumn(scope, first);
  return found === null ? null : [found.alias, found.column.column, ...names.slice(1)];
}

export function bareColumn(scope: FromScope, name: string): QualifiedColumn | null {
  const merged = scope.merged.find((candidate) => sameName(candidate.column.visible ?? '', name));
  if (merged !== undefined) return merged;
  const found = scope.inputs.flatMap((input) => {
    const column = columnNamed(input, name);
    return column === undefined ? [] : [{ alias: input.of, column }];
  });
  if (found.length > 1) throw new LowerRefusal(`ambiguous column "${name}"`);
  return found[0] ?? null;
}

/** The columns of `*`, or of `alias.*`, in DuckDB's order: a merged column stands where its first side does. */
export function starColumns(scope: FromScope, relation: string): QualifiedColumn[] {
  const inputs = scope.inputs.filter((input) => relation === '' || sameName(input.alias, relation));
  if (inputs.length === 0) throw new LowerRefusal(`unknown alias "${relation}"`);
  const seen = new Set<QualifiedColumn>();
  return inputs.flatMap((input) =>
    input.columns.flatMap((column) => {
      const merged = relation === '' ? mergedAs(scope, { alias: input.of, column }) : undefined;
      if (merged === undefined) return [{ alias: input.of, column }];
      if (seen.has(merged)) return [];
      seen.add(merged);
      return [merged];
    }),
  );
}

/** Every name a reference could have used. */
export function visibleNames(scope: FromScope): string[] {
  return [
    ...new Set(
      scope.inputs.flatMap((input) =>
        input.columns.flatMap((column) => (column.visible === null ? [] : [column.visible])),
      ),
    ),
  ];
}

export function joinScopes(left: FromScope, right: FromScope): FromScope {
  const clash = right.inputs.find((input) => left.inputs.some((other) => sameName(other.alias, input.alias)));
  if (clash !== undefined) throw new LowerRefusal(`two inputs named "${clash.alias}"`);
  return {
    nodes: [...left.nodes, ...right.nodes],
    inputs: [...left.inputs, ...right.inputs],
    merged: [...left.merged, ...right.merged],
    conditions: [...left.conditions, ...right.conditions],
  };
}

function columnNamed(input: ScopeInput, name: string): ScopeColumn | undefined {
  return input.columns.find((column) => column.visible !== null && sameName(column.visible, name));
}

/** Not by the name: a further input may have a column of the same that is not merged. */
function mergedAs(scope: FromScope, { alias, column }: QualifiedColumn): MergedColumn | undefined {
  return scope.merged.find((merged) =>
    merged.sides.some((side) => side.alias === alias && side.column.column === column.column),
  );
}

/** The columns of the inputs that a column stands for: of one that is not merged, itself. */
export function sidesOf(column: QualifiedColumn | MergedColumn): readonly QualifiedColumn[] {
  return 'sides' in column ? column.sides : [column];
}
