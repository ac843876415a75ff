import { createJoin } from '../algebra/join.ts';
import type { Relation, Scope } from '../algebra/node.ts';
import { createProject, type ProjectedColumn } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import {
  columnParts,
  columnReference,
  isNode,
  rewriteItems,
  rewriteParts,
  type SqlJson,
  type SqlNode,
} from '../core/sql-tree.ts';
import { expressionKey } from './lower-expression.ts';
import { isAggregateCall } from './lower-group.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { nodesOf } from './lower-relations.ts';
import { conjunction, constant, nullConstant, qualifiedReferences } from './lower-tree.ts';
import { type LoweredSelect, mapSelect, scopeOf } from './lowered-select.ts';

/** Which set a row is of. */
const setColumn = '__ev_gid';

/** True, but for the row that stands for the empty set, which is a group even of nothing. */
const realColumn = '__ev_real';

/**
 * GROUPING SETS, ROLLUP and CUBE as plain groups over the rows once per set, with the keys that are not of the set
 * NULL: γ_sets(R) = γ_{set, keys}(⊎ₛ π_{s, keys of s}(R)).
 */
export function expandGroupingSets(select: LoweredSelect, nextAlias: () => string): LoweredSelect {
  const sets = select.group?.sets ?? null;
  return sets === null ? select : new GroupingSets(select, sets, nextAlias()).expand();
}

class GroupingSets {
  readonly #select: LoweredSelect;
  readonly #sets: readonly (readonly number[])[];
  readonly #alias: string;
  readonly #keyPlaces: ReadonlyMap<string, number>;
  readonly #arguments = new Map<string, ProjectedColumn<SqlNode>>();
  /** For every call of GROUPING its column, and its value for each set. */
  readonly #groupings = new Map<string, { readonly name: string; readonly values: readonly string[] }>();

  constructor(select: LoweredSelect, sets: readonly (readonly number[])[], alias: string) {
    this.#select = select;
    this.#sets = sets;
    this.#alias = alias;
    this.#keyPlaces = new Map((select.group?.keys ?? []).map((key, place) => [expressionKey(key), place]));
  }

  expand(): LoweredSelect {
    const group = this.#select.group;
    if (group === null) return this.#select;
    const moved = mapSelect({ ...this.#select, where: [], group: { ...group, keys: [] } }, (expression) =>
      this.#outside(expression),
    );
    const keys = [
      setColumn,
      ...group.keys.map((_, place) => groupColumn(place)),
      ...[...this.#groupings.values()].map((grouping) => grouping.name),
    ].map((name) => columnReference(this.#alias, name));
    return {
      ...moved,
      scope: {
        nodes: [{ alias: this.#alias, node: this.#rows(group.keys) }],
        inputs: [],
        merged: [],
        conditions: [],
      },
      group: moved.group === null ? null : { ...moved.group, keys, sets: null },
    };
  }

  #rows(keys: readonly SqlNode[]): Relation<SqlNode> {
    const real = scopeOf(this.#select);
    const nothing = createJoin<Relation<SqlNode>, SqlNode>([], []);
    const branches = this.#sets.flatMap((set, place) => {
      const rows = this.#branch(real, keys, set, place, true);
      return set.length > 0 ? [rows] : [rows, this.#branch(nothing, keys, [], place, false)];
    });
    const columns = branches[0]?.columns.map((column) => column.name) ?? [];
    return createUnionAll<Relation<SqlNode>>(branches, columns);
  }

  #branch(
    scope: Scope<SqlNode>,
    keys: readonly SqlNode[],
    set: readonly number[],
    place: number,
    isReal: boolean,
  ) {
    return createProject<Scope<SqlNode>, SqlNode>(scope, [
      { name: setColumn, expression: constant(String(place), 'INTEGER') },
      ...keys.map((key, at) => ({
        name: groupColumn(at),
        expression: isReal && set.includes(at) ? key : nullConstant,
      })),
      ...[...this.#groupings.values()].map(({ name, values }) => ({
        name,
        expression: constant(values[place] ?? null, 'BIGINT'),
      })),
      ...[...this.#arguments.values()].map((column) =>
        isReal ? column : { ...column, expression: nullConstant },
      ),
      { name: realColumn, expression: constant(isReal ? 't' : null, 'BOOLEAN') },
    ]);
  }

  /** An expression over groups: its keys are columns of the union, its aggregates read the rows as they were. */
  #outside(node: SqlNode): SqlNode {
    const key = 'class' in node ? this.#keyPlaces.get(expressionKey(node)) : undefined;
    if (key !== undefined)
      return { ...columnReference(this.#alias, groupColumn(key)), alias: node['alias'] ?? '' };
    if (isAggregateCall(node)) return this.#aggregate(node);
    if (node['type'] === 'GROUPING_FUNCTION') return this.#grouping(node);
    if (node['class'] === 'COLUMN_REF' && columnParts(node).length > 1) {
      throw new LowerRefusal(`column "${columnParts(node).slice(1).join('.')}" outside of GROUP BY`);
    }
    return rewriteParts(node, (value) => this.#anyOutside(value));
  }

  #anyOutside(json: SqlJson): SqlJson {
    if (Array.isArray(json)) return rewriteItems(json, (item) => this.#anyOutside(item));
    return isNode(json) ? this.#outside(json) : json;
  }

  #aggregate(call: SqlNode): SqlNode {
    for (const reference of qualifiedReferences(call)) {
      const [alias = '', column = ''] = columnParts(reference);
      const key = JSON.stringify([alias, column]);
      if (this.#arguments.has(key)) continue;
      const name = `__ev_c${this.#arguments.size}`;
      this.#arguments.set(key, { name, expression: columnReference(alias, column) });
    }
    const moved = rewriteParts(call, (value) => this.#moved(value));
    if (!this.#sets.some((set) => set.length === 0)) return moved;
    const filter = moved['filter'];
    const real = columnReference(this.#alias, realColumn);
    return { ...moved, filter: conjunction(isNode(filter) ? [filter, real] : [real]) };
  }

  #moved(json: SqlJson): SqlJson {
    if (Array.isArray(json)) return rewriteItems(json, (item) => this.#moved(item));
    if (!isNode(json)) return json;
    if (json['class'] !== 'COLUMN_REF') return rewriteParts(json, (value) => this.#moved(value));
    const [alias = '', column = '', ...fields] = columnParts(json);
    const found = this.#arguments.get(JSON.stringify([alias, column]));
    if (found === undefined) return json;
    return { ...columnReference(this.#alias, found.name, ...fields), alias: json['alias'] ?? '' };
  }

  /** One bit for each argument, the first the highest: set where the argument is not of the set. */
  #grouping(call: SqlNode): SqlNode {
    const places = nodesOf(call['children']).map((argument) => {
      const place = this.#keyPlaces.get(expressionKey(argument));
      if (place === undefined) throw new LowerRefusal('GROUPING of what is no key');
      return place;
    });
    const id = places.join(',');
    const known = this.#groupings.get(id) ?? {
      name: `__ev_p${this.#groupings.size}`,
      values: this.#sets.map((set) =>
        String(places.reduce((bits, place) => bits * 2 + (set.includes(place) ? 0 : 1), 0)),
      ),
    };
    this.#groupings.set(id, known);
    return { ...columnReference(this.#alias, known.name), alias: call['alias'] ?? '' };
  }
}

const groupColumn = (place: number): string => `__ev_g${place}`;
