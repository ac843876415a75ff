import type { TextPlace } from '../core/errors.ts';
import type { Definition, ObjectKind, QueryPolicy } from './definition.ts';

/** SQL text that goes to DuckDB as it is, and where it stood. */
export type SqlFragment = { readonly text: string; readonly at: TextPlace };

export type Name = { readonly name: string; readonly at: TextPlace };

export type Assignment = { readonly column: Name; readonly value: SqlFragment };

/** A version of a model, or an incident, by its number. */
export type Numbered = { readonly version: number; readonly at: TextPlace };

/** An option of a WITH list, not yet checked against the kind of object. */
export type RawOption = { readonly name: Name; readonly value: SqlFragment };

/** A SELECT without the `WITH (…)` at its end, and what that says. */
export type QueryStatement = {
  readonly kind: 'query';
  readonly query: SqlFragment;
  readonly policy: QueryPolicy;
};

export type InsertStatement = {
  readonly kind: 'insert';
  readonly table: Name;
  readonly alias: string | null;
  /** Null: all of the table's, in order. */
  readonly columns: readonly Name[] | null;
  /** INSERT … BY NAME: the source's column names decide. */
  readonly byName: boolean;
  /** A VALUES list or a SELECT. */
  readonly source: SqlFragment;
  readonly onConflict:
    | null
    | { readonly action: 'nothing'; readonly target: readonly Name[] }
    /** INSERT OR REPLACE: every given column that is not of the key takes the new row's value. */
    | { readonly action: 'replace' }
    | {
        readonly action: 'update';
        readonly target: readonly Name[];
        readonly set: readonly Assignment[];
        readonly where: SqlFragment | null;
      };
  readonly idempotencyKey: string | null;
};

/**
 * What one statement asks for. `text` is the statement's own, and every place inside is relative to it; `at` is where
 * it stands in the script it came from.
 */
export type Statement = { readonly text: string; readonly at: TextPlace } & StatementBody;

export type StatementBody =
  | {
      readonly kind: 'create';
      readonly definition: Definition;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      /** Where to point when the query inside is wrong; for a model, all that follows AS. */
      readonly query: SqlFragment | null;
      readonly name: Name;
      /** Where to point when an option names a column that the query does not have. */
      readonly options: readonly RawOption[];
    }
  | {
      readonly kind: 'alter';
      readonly objectKind: AlterKind;
      readonly name: Name;
      readonly options: readonly RawOption[];
    }
  | {
      readonly kind: 'drop';
      readonly objectKind: AlterKind;
      readonly name: Name;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | { readonly kind: 'describe'; readonly name: Name }
  | { readonly kind: 'show'; readonly what: 'tables' | 'views' | 'models' | 'staleness' | 'regret' }
  | {
      readonly kind: 'promotion';
      readonly action: 'promote' | 'hold' | 'rollback';
      readonly name: Name;
      /** Null: the newest that is held. */
      readonly version: Numbered | null;
      readonly by: string | null;
      readonly because: string | null;
    }
  | {
      readonly kind: 'held-update';
      readonly action: 'approve' | 'reject';
      readonly update: Numbered;
      readonly by: string | null;
      readonly because: string | null;
    }
  | { readonly kind: 'show-incidents' }
  /** How models do since they answer: of all, or of one; over all, or by the values of a column. */
  | { readonly kind: 'show-performance'; readonly model: Name | null; readonly per: Name | null }
  | { readonly kind: 'explain-incident'; readonly incident: Numbered }
  | {
      readonly kind: 'incident';
      readonly action: 'acknowledge' | 'accept' | 'resolve';
      readonly incident: Numbered;
      /** For how long it is accepted; null: until it is resolved. */
      readonly forMs: number | null;
      readonly by: string | null;
      readonly because: string | null;
    }
  | { readonly kind: 'refresh'; readonly name: Name; readonly how: 'auto' | 'incremental' | 'full' }
  | { readonly kind: 'explain-refresh'; readonly name: Name }
  | {
      readonly kind: 'export-model';
      readonly name: Name;
      readonly path: string;
      readonly pathAt: TextPlace;
    }
  /** `version` null: the one that answers. */
  | { readonly kind: 'weights'; readonly name: Name; readonly version: Numbered | null }
  | {
      readonly kind: 'compare';
      readonly name: Name;
      readonly before: Numbered;
      readonly after: Numbered;
      /** Error up to which a number counts as right; null: those of the gate. */
      readonly tolerance: number | null;
    }
  /** What is known of a table's updates. */
  | { readonly kind: 'profile'; readonly name: Name }
  /** Errors put into copies of a table's recent updates, to see which would be found. */
  | { readonly kind: 'drill'; readonly name: Name }
  | InsertStatement
  | {
      readonly kind: 'update';
      readonly table: Name;
      readonly alias: string | null;
      readonly set: readonly Assignment[];
      readonly from: SqlFragment | null;
      readonly where: SqlFragment | null;
      readonly idempotencyKey: string | null;
    }
  | {
      readonly kind: 'delete';
      readonly table: Name;
      readonly alias: string | null;
      readonly using: SqlFragment | null;
      readonly where: SqlFragment | null;
      readonly idempotencyKey: string | null;
    }
  | {
      readonly kind: 'copy-from';
      readonly table: Name;
      readonly columns: readonly Name[] | null;
      readonly path: string;
      readonly options: readonly RawOption[];
    }
  | { readonly kind: 'begin'; readonly idempotencyKey: string | null }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'quarantine-release'; readonly table: Name; readonly where: SqlFragment | null }
  | {
      readonly kind: 'quarantine-correct';
      readonly table: Name;
      readonly set: readonly Assignment[];
      readonly where: SqlFragment | null;
    }
  | { readonly kind: 'quarantine-drop'; readonly table: Name; readonly where: SqlFragment | null }
  | QueryStatement
  | (Omit<QueryStatement, 'kind'> & { readonly kind: 'explain-query' });

export type AlterKind = ObjectKind | 'materialized-view';

export type StatementKind = Statement['kind'];
