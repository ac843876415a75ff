import type { Expression } from './reference/expression.ts';
import type { RefColumn, RefRow } from './reference/value.ts';
import type { ViewQuery } from './reference/view-query.ts';

/**
 * A history as plain data: every step stands on its own, so that any subset of them is a history too. A step whose
 * objects are not there is passed over, by the reference and by the engine alike.
 */
export type History = {
  readonly seed: number;
  readonly storage: 'memory' | 'file';
  /** One way for all refreshes that have the choice; small tables would nearly always be recomputed. */
  readonly forced: 'full' | 'incremental' | null;
  /** After each step: every view that may lag, or one of them, so that more is pending on the others when they are read. */
  readonly reads: 'all' | 'one';
  readonly steps: readonly Step[];
};

export type Step =
  | { readonly kind: 'create-table'; readonly table: TableShape }
  | { readonly kind: 'alter-table'; readonly name: string; readonly onViolation: ViolationResponse }
  | { readonly kind: 'create-view'; readonly view: ViewShape; readonly orReplace: boolean }
  | { readonly kind: 'alter-view'; readonly name: string; readonly policy: PolicyShape }
  | { readonly kind: 'drop'; readonly name: string; readonly cascade: boolean }
  | UpdateStep
  | { readonly kind: 'quarantine'; readonly action: 'release' | 'drop'; readonly table: string }
  | { readonly kind: 'refresh'; readonly name: string; readonly how: 'auto' | 'incremental' | 'full' }
  | { readonly kind: 'query'; readonly query: ViewQuery }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'tick' }
  | { readonly kind: 'reopen' };

export type UpdateStep = {
  readonly kind: 'update';
  readonly statements: readonly Change[];
  /** BEGIN … COMMIT around them; there is one statement otherwise. */
  readonly isTransaction: boolean;
  readonly idempotencyKey: string | null;
};

export type ViolationResponse = 'reject' | 'quarantine' | 'warn';

export type TableColumn = RefColumn & { readonly sqlType: string; readonly notNull: boolean };

export type TableShape = {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** Empty: none. */
  readonly primaryKey: readonly string[];
  readonly check: Expression | null;
  readonly onViolation: ViolationResponse;
};

export type PolicyShape = {
  readonly refresh: 'immediate' | 'auto' | 'on_read' | 'manual' | 'incremental' | 'full' | null;
  /** Null: not said. */
  readonly maxStalenessMs: number | null;
  readonly maxRows: number | null;
  readonly onStaleRead: 'refresh' | 'compensate' | 'serve' | 'fail' | null;
};

export type ViewShape = {
  readonly name: string;
  readonly materialized: boolean;
  readonly query: ViewQuery;
  readonly policy: PolicyShape;
};

export type Change =
  | {
      readonly kind: 'insert';
      readonly table: string;
      /** The table as the writer of the rows knew it: gives their types. */
      readonly shape: TableShape;
      readonly rows: readonly RefRow[];
      readonly onConflict: 'none' | 'nothing' | 'update' | 'replace';
      /** Through `Everview.insert` in place of SQL; only outside transactions. */
      readonly typed: boolean;
    }
  /** Rows of the table that meet the condition once more. */
  | { readonly kind: 'repeat'; readonly table: string; readonly where: Expression }
  | {
      readonly kind: 'change';
      readonly table: string;
      readonly set: readonly { readonly column: string; readonly expression: Expression }[];
      readonly where: Expression | null;
    }
  | { readonly kind: 'delete'; readonly table: string; readonly where: Expression | null };
