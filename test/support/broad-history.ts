import type { Operator, OperatorPair } from './broad-operator.ts';
import type { Query } from './broad-query.ts';
import type { BroadColumn } from './broad-value.ts';
import type { PolicyShape } from './history.ts';
import type { ForcedRefresh } from './open-everview.ts';

/**
 * A history as plain data, checked against bare DuckDB: every step stands on its own, and one whose objects are not
 * there is passed over, so that any subset of steps is a history too.
 */
export type BroadHistory = {
  readonly seed: number;
  readonly storage: 'memory' | 'file';
  readonly forced: ForcedRefresh | null;
  /** Versions kept behind; null: all. `step()` compacts. */
  readonly historyVersions: number | null;
  readonly steps: readonly BroadStep[];
};

export type BroadStep =
  | { readonly kind: 'create-table'; readonly table: BroadTable }
  | { readonly kind: 'create-view'; readonly view: BroadView; readonly orReplace: boolean }
  | { readonly kind: 'drop-view'; readonly name: string }
  /** One update, so one version. */
  | { readonly kind: 'update'; readonly changes: readonly BroadChange[] }
  | { readonly kind: 'refresh'; readonly name: string; readonly how: 'auto' | 'incremental' | 'full' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'tick' }
  /** Closes the file and opens it again; nothing in memory. */
  | { readonly kind: 'reopen' };

export type BroadTable = {
  readonly name: string;
  readonly columns: readonly BroadColumn[];
  /** A column whose values are unique; null: rows may repeat. */
  readonly key: string | null;
};

export type BroadView = {
  readonly name: string;
  readonly isMaterialized: boolean;
  readonly policy: PolicyShape;
  readonly query: Query;
  /** For the coverage. */
  readonly operators: readonly Operator[];
  readonly pairs: readonly OperatorPair[];
};

export type BroadChange =
  /** Each row a list of literals, in the table's order. */
  | { readonly kind: 'insert'; readonly table: string; readonly rows: readonly (readonly string[])[] }
  /** DELETE, UPDATE, or INSERT … SELECT. */
  | { readonly kind: 'statement'; readonly table: string; readonly sql: string };
