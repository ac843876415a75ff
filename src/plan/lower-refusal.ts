import type { SqlNode } from '../core/sql-tree.ts';

/**
 * What stands in the way of an incremental rule. Thrown inside the lowering only, where it ends the attempt from any
 * depth; `lowerQuery` catches it and gives a full-only plan.
 */
export class LowerRefusal {
  readonly detail: string;
  /** The column reference that names no column in sight, for a better error than DuckDB's. */
  readonly unresolved: UnresolvedColumn | null;

  constructor(detail: string, unresolved: UnresolvedColumn | null = null) {
    this.detail = detail;
    this.unresolved = unresolved;
  }
}

export type UnresolvedColumn = {
  readonly name: string;
  readonly node: SqlNode;
  readonly known: readonly string[];
};
