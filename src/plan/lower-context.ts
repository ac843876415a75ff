import type { Relation } from '../algebra/node.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import type { ExpressionContext } from './lower-expression.ts';
import type { ModelRead, RelationRead } from './lower-relations.ts';
import type { FromScope } from './lower-scope.ts';
import type { LoweredSelect } from './lowered-select.ts';

/** What the lowering of a FROM clause needs from the lowering of queries around it. */
export type FromContext = {
  readonly reads: readonly RelationRead[];
  readonly models: readonly ModelRead[];
  /** What semi, anti and outer joins become: rules of their own where there are such, or domains always. */
  readonly joins: 'match' | 'domain';
  /** A CTE in sight, lowered; null: none of that name. */
  readonly cte: (name: string) => { relation: NamedRelation; aliases: readonly string[] } | null;
  readonly query: (query: SqlNode) => NamedRelation;
  readonly condition: (condition: SqlNode, scope: FromScope) => SqlNode;
  /** The argument of an UNNEST, over what stands to its left. */
  readonly unnested: (argument: SqlNode, scope: FromScope) => SqlNode;
  /** Names an input the query gave no name. */
  readonly nextAlias: () => string;
};

/** A lowered subquery; `names` are those its columns may be called by (null: a generated name). */
export type NamedRelation = {
  readonly node: Relation<SqlNode>;
  readonly names: readonly (string | null)[];
};

/** What lowering a SELECT needs from the queries around it. */
export type SelectContext = {
  readonly from: FromContext;
  /** A column of the query around; null: there is none. */
  readonly outer: ExpressionContext['outer'];
  /** The SELECT of a subquery in an expression, over `scope`. */
  readonly inner: (query: SqlNode, outer: NonNullable<ExpressionContext['outer']>) => LoweredSelect | null;
};
