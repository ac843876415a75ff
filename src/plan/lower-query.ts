import { createDomain } from '../algebra/domain.ts';
import { stateColumns } from '../algebra/group.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { columnReference, isNode, type SqlNode } from '../core/sql-tree.ts';
import { outputColumn } from './domain-columns.ts';
import { joinDomains } from './join-domains.ts';
import { innerDomain, isBlock, type SelectDomain, selectDomain } from './lower-block.ts';
import type { FromContext, NamedRelation, SelectContext } from './lower-context.ts';
import { type ExpressionContext, hasRowFunction, lowerExpression, windowsIn } from './lower-expression.ts';
import { type LoweredGroup, lowerGroup, momentArgument } from './lower-group.ts';
import { expandGroupingSets } from './lower-grouping-sets.ts';
import { LowerRefusal, type UnresolvedColumn } from './lower-refusal.ts';
import { type BoundQuery, cteEntries, nodesOf, stringsOf } from './lower-relations.ts';
import { lowerSelect } from './lower-select.ts';
import { distinctExpressions, hasColumn } from './lower-select-list.ts';
import { namedItem, queryExpression, selectTree } from './lower-tree.ts';
import { type LoweredSelect, scopeOf } from './lowered-select.ts';
import { pruneColumns } from './prune-columns.ts';
import { renameColumns } from './rename-columns.ts';

/** A query taken apart; expressions are still trees, to be printed together. */
export type LoweredQuery =
  | LoweredRows
  | {
      readonly kind: 'group';
      /** Columns: the keys (`stateColumns.key(i)`), then the arguments (`argumentColumn(i)`). */
      readonly input: Relation<SqlNode>;
      readonly group: LoweredGroup;
      readonly names: readonly (string | null)[];
      /** The same as a domain, for arguments of types that no sum can be kept of; null: there is none. */
      readonly otherwise: LoweredRows | null;
    }
  | { readonly kind: 'full-only'; readonly detail: string; readonly unresolved: UnresolvedColumn | null };

export type LoweredRows = {
  readonly kind: 'rows';
  /** The view's columns first. */
  readonly node: Relation<SqlNode>;
  /** By position; null: whatever DuckDB calls the expression. */
  readonly names: readonly (string | null)[];
};

export const argumentColumn = (place: number): string => `__ev_a${place}`;

/** Finds an incremental form of a query, or says what stands in the way. */
export function lowerQuery(bound: BoundQuery, joins: FromContext['joins']): LoweredQuery {
  return attempt(() => pruned(new QueryLowering(bound, joins).lowerTop(bound.query, emptyCtes)));
}

/** Without the columns that nothing of it reads. */
function pruned(lowered: LoweredQuery): LoweredQuery {
  switch (lowered.kind) {
    case 'full-only':
      return lowered;
    case 'rows':
      return prunedRows(lowered);
    case 'group':
      return {
        ...lowered,
        input: pruneColumns(lowered.input, new Set(columnsOf(lowered.input))),
        otherwise: lowered.otherwise && prunedRows(lowered.otherwise),
      };
  }
}

function prunedRows(rows: LoweredRows): LoweredRows {
  return { ...rows, node: pruneColumns(rows.node, new Set(columnsOf(rows.node))) };
}

function attempt(lower: () => LoweredQuery): LoweredQuery {
  try {
    return lower();
  } catch (refusal) {
    if (!(refusal instanceof LowerRefusal)) throw refusal;
    return { kind: 'full-only', detail: refusal.detail, unresolved: refusal.unresolved };
  }
}

type Ctes = ReadonlyMap<
  string,
  { readonly query: SqlNode; readonly aliases: readonly string[]; readonly ctes: Ctes }
>;

const emptyCtes: Ctes = new Map();

class QueryLowering {
  readonly #bound: BoundQuery;
  readonly #joins: FromContext['joins'];
  #aliases = 0;

  constructor(bound: BoundQuery, joins: FromContext['joins']) {
    this.#bound = bound;
    this.#joins = joins;
  }

  lowerTop(query: SqlNode, outer: Ctes): LoweredQuery {
    if (query['type'] !== 'SELECT_NODE') return { kind: 'rows', ...this.#relation(query, outer) };
    const select = this.#select(query, this.#ctes(query, outer), null);
    const group = stateOf(select);
    if (group === null) return { kind: 'rows', ...this.#rows(select) };
    const otherwise = attempt(() => ({ kind: 'rows', ...this.#rows(select) }));
    if ('refusal' in group) {
      // One group over everything is touched by every change.
      if (otherwise.kind === 'full-only' || select.group?.keys.length === 0) throw group.refusal;
      return otherwise;
    }
    return { ...group, otherwise: otherwise.kind === 'rows' ? otherwise : null };
  }

  #relation(query: SqlNode, outer: Ctes): NamedRelation {
    if (query['type'] === 'SET_OPERATION_NODE') return this.#setOperation(query, outer);
    if (query['type'] !== 'SELECT_NODE') throw new LowerRefusal(queryKind(query));
    return this.#rows(this.#select(query, this.#ctes(query, outer), null));
  }

  #rows(select: LoweredSelect): NamedRelation {
    const names = select.items.map((item) => item.name);
    if (select.limit !== null) throw new LowerRefusal('LIMIT');
    if (isBlock(select) || innerDomain(select) !== null) {
      return { node: selectDomain(select, () => this.#nextAlias()), names };
    }
    const columns = select.items.map((item, place) => ({
      name: outputColumn(place),
      expression: item.expression,
    }));
    return { node: createProject<Scope<SqlNode>, SqlNode>(scopeOf(select), columns), names };
  }

  #setOperation(query: SqlNode, outer: Ctes): NamedRelation {
    for (const modifier of nodesOf(query['modifiers'])) {
      if (modifier['type'] !== 'ORDER_MODIFIER') throw new LowerRefusal(modifierName(modifier));
    }
    const { left, right } = query;
    if (!isNode(left) || !isNode(right)) throw new LowerRefusal(setOperationName(query));
    const ctes = this.#ctes(query, outer);
    const sides = [this.#relation(left, ctes), this.#relation(right, ctes)] as const;
    const width = sides[0].names.length;
    if (sides[1].names.length !== width) throw new LowerRefusal('sides of different column counts');
    const columns = Array.from({ length: width }, (_, place) => outputColumn(place));
    const inputs = sides.map((side) => renameColumns(side.node, columns));
    const { names } = sides[0];
    if (query['setop_type'] === 'UNION' && query['setop_all'] === true) {
      return { node: createUnionAll(inputs, columns), names };
    }
    return { node: this.#setDomain(query, inputs, columns), names };
  }

  /** A row is in the result for what both sides hold of it: the row itself is the key. */
  #setDomain(query: SqlNode, inputs: readonly Relation<SqlNode>[], columns: readonly string[]): SelectDomain {
    const kinds = ['UNION', 'INTERSECT', 'EXCEPT'];
    if (!kinds.includes(String(query['setop_type']))) throw new LowerRefusal(setOperationName(query));
    const named = inputs.map((node) => ({ alias: this.#nextAlias(), node, keys: columns }));
    const [left, right] = named.map(({ alias }) =>
      selectTree({ list: columns.map((column) => columnReference(alias, column)), from: namedItem(alias) }),
    );
    const body: SqlNode = {
      ...query,
      modifiers: [],
      cte_map: { map: [] },
      left: left ?? null,
      right: right ?? null,
      ...('children' in query ? { children: [left ?? null, right ?? null] } : {}),
    };
    return createDomain<Relation<SqlNode>, SqlNode>({
      inputs: named,
      body: queryExpression(body),
      columns,
      keys: columns,
      repeatable: { obstacle: null, exactOnly: [] },
    });
  }

  #ctes(query: SqlNode, outer: Ctes): Ctes {
    const ctes = new Map(outer);
    for (const entry of cteEntries(query)) {
      const aliases = stringsOf(entry.value['aliases']);
      ctes.set(entry.name.toLowerCase(), { query: entry.query, aliases, ctes: new Map(ctes) });
    }
    return ctes;
  }

  #select(query: SqlNode, ctes: Ctes, outer: ExpressionContext['outer']): LoweredSelect {
    const context: SelectContext = {
      from: this.#fromContext(ctes),
      outer,
      inner: (inside, resolve) =>
        inside['type'] === 'SELECT_NODE' ? this.#select(inside, this.#ctes(inside, ctes), resolve) : null,
    };
    const nextAlias = () => this.#nextAlias();
    const select = joinDomains(lowerSelect(query, context), nextAlias);
    // A subquery's ties to the query around it must stay in sight.
    return outer === null ? expandGroupingSets(select, nextAlias) : select;
  }

  #fromContext(ctes: Ctes): FromContext {
    return {
      reads: this.#bound.reads,
      models: this.#bound.models,
      joins: this.#joins,
      cte: (name) => {
        const found = ctes.get(name.toLowerCase());
        if (found === undefined) return null;
        return { relation: this.#relation(found.query, found.ctes), aliases: found.aliases };
      },
      query: (query) => this.#relation(query, ctes),
      condition: (condition, scope) => lowerExpression(condition, rowContext(scope)),
      unnested: (argument, scope) => lowerExpression(argument, rowContext(scope)),
      nextAlias: () => this.#nextAlias(),
    };
  }

  #nextAlias(): string {
    return `__ev_q${this.#aliases++}`;
  }
}

function rowContext(scope: ExpressionContext['scope']): ExpressionContext {
  return {
    scope,
    allow: { aggregates: false, windows: false, unnest: false },
    alias: () => null,
    subquery: null,
    outer: null,
  };
}

type StatePlan = Pick<Extract<LoweredQuery, { kind: 'group' }>, 'kind' | 'input' | 'group' | 'names'>;

/** The SELECT by partial aggregates kept per group; null when it has no groups; or why there is no rule for them. */
function stateOf(select: LoweredSelect): StatePlan | { readonly refusal: LowerRefusal } | null {
  const outputs = select.items.map((item) => item.expression);
  const keys = groupKeys(select, outputs);
  if (keys === null) return null;
  try {
    const group = lowerGroup(keys, outputs, select.group?.having ?? null);
    const input = createProject<Scope<SqlNode>, SqlNode>(scopeOf(select), [
      ...group.keys.map((expression, place) => ({ name: stateColumns.key(place), expression })),
      ...group.arguments.map(({ expression }, place) => ({ name: argumentColumn(place), expression })),
      ...group.moments.flatMap(({ x, y }, place) => [
        { name: momentArgument('x', place), expression: x },
        ...(y === null ? [] : [{ name: momentArgument('y', place), expression: y }]),
      ]),
    ]);
    return { kind: 'group', input, group, names: select.items.map((item) => item.name) };
  } catch (refusal) {
    if (!(refusal instanceof LowerRefusal)) throw refusal;
    return { refusal };
  }
}

/** DISTINCT is grouping by everything. */
function groupKeys(select: LoweredSelect, outputs: readonly SqlNode[]): readonly SqlNode[] | null {
  const { group, distinct } = select;
  const isPlain =
    select.qualify === null &&
    select.limit === null &&
    outputs.every((output) => windowsIn(output).length === 0);
  if (!isPlain) return null;
  if (group !== null) return distinct === null ? group.keys : null;
  if (distinct === null || distinct.on !== null) return null;
  const keys = distinctExpressions(outputs.filter((output) => hasColumn(output) || hasRowFunction(output)));
  return keys.length === 0 ? null : keys;
}

function modifierName(modifier: SqlNode): string {
  return String(modifier['type']).replace('_MODIFIER', '').replace('_PERCENT', '');
}

function queryKind(query: SqlNode): string {
  return query['type'] === 'RECURSIVE_CTE_NODE' ? 'recursive CTE' : String(query['type']).toLowerCase();
}

function setOperationName(query: SqlNode): string {
  const name = String(query['setop_type']).replace('_', ' ');
  return query['setop_all'] === true ? `${name} ALL` : name;
}
