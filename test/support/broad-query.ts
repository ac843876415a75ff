/** A SELECT as plain data, in just as many pieces as shrinking can leave out; expressions stay text. */
export type Query = SelectQuery | SetQuery;

export type SelectQuery = {
  readonly kind: 'select';
  readonly ctes: readonly Cte[];
  readonly isRecursive: boolean;
  readonly distinct: 'no' | 'rows' | { readonly on: readonly string[] };
  readonly items: readonly Item[];
  readonly from: readonly Source[];
  /** All must hold. */
  readonly where: readonly string[];
  readonly groupBy: string | null;
  readonly having: string | null;
  readonly window: string | null;
  readonly qualify: string | null;
  readonly orderBy: string | null;
  readonly limit: string | null;
};

export type SetOperator = 'UNION ALL' | 'UNION' | 'INTERSECT' | 'INTERSECT ALL' | 'EXCEPT' | 'EXCEPT ALL';

export type SetQuery = {
  readonly kind: 'set';
  readonly operator: SetOperator;
  readonly left: Query;
  readonly right: Query;
};

export type Cte = { readonly name: string; readonly columns: readonly string[]; readonly query: Query };

export type Item = { readonly expression: string; readonly name: string };

export type JoinWord =
  | ','
  | 'JOIN'
  | 'CROSS JOIN'
  | 'LEFT JOIN'
  | 'RIGHT JOIN'
  | 'FULL JOIN'
  | 'SEMI JOIN'
  | 'ANTI JOIN'
  | 'ASOF JOIN'
  | 'ASOF LEFT JOIN'
  | 'NATURAL JOIN'
  | 'NATURAL LEFT JOIN'
  | 'NATURAL FULL JOIN';

export type Source = {
  /** How it is joined to what stands before it; the first one's is not said. */
  readonly join: JoinWord;
  /** A name, a query, or text as it is: VALUES, UNNEST. */
  readonly relation: string | Query | { readonly text: string };
  readonly alias: string;
  readonly columns: readonly string[];
  /** `ON …` or `USING (…)`; empty: none. */
  readonly condition: string;
};

export const emptySelect: SelectQuery = {
  kind: 'select',
  ctes: [],
  isRecursive: false,
  distinct: 'no',
  items: [],
  from: [],
  where: [],
  groupBy: null,
  having: null,
  window: null,
  qualify: null,
  orderBy: null,
  limit: null,
};

export function renderQuery(query: Query): string {
  if (query.kind === 'set') {
    return `(${renderQuery(query.left)}) ${query.operator} (${renderQuery(query.right)})`;
  }
  const clause = (word: string, text: string | null): string[] => (text === null ? [] : [`${word} ${text}`]);
  return [
    ...renderCtes(query),
    `SELECT ${renderDistinct(query)}${query.items.map(renderItem).join(', ')}`,
    ...(query.from.length === 0 ? [] : [`FROM ${renderFrom(query.from)}`]),
    ...(query.where.length === 0 ? [] : [`WHERE ${query.where.map((one) => `(${one})`).join(' AND ')}`]),
    ...clause('GROUP BY', query.groupBy),
    ...clause('HAVING', query.having),
    ...clause('WINDOW', query.window),
    ...clause('QUALIFY', query.qualify),
    ...clause('ORDER BY', query.orderBy),
    ...clause('LIMIT', query.limit),
  ].join(' ');
}

function renderCtes({ ctes, isRecursive }: SelectQuery): string[] {
  if (ctes.length === 0) return [];
  const list = ctes.map(({ name, columns, query }) => `${name}${listOf(columns)} AS (${renderQuery(query)})`);
  return [`WITH ${isRecursive ? 'RECURSIVE ' : ''}${list.join(', ')}`];
}

function renderDistinct({ distinct }: SelectQuery): string {
  if (distinct === 'no') return '';
  return distinct === 'rows' ? 'DISTINCT ' : `DISTINCT ON (${distinct.on.join(', ')}) `;
}

function renderItem({ expression, name }: Item): string {
  return expression === name ? name : `${expression} AS ${name}`;
}

function listOf(columns: readonly string[]): string {
  return columns.length === 0 ? '' : `(${columns.join(', ')})`;
}

function renderFrom(sources: readonly Source[]): string {
  return sources
    .map((source, place) => {
      const join = place === 0 ? '' : source.join === ',' ? ', ' : ` ${source.join} `;
      const alias = source.alias === '' ? '' : ` AS ${source.alias}${listOf(source.columns)}`;
      const condition = place === 0 || source.condition === '' ? '' : ` ${source.condition}`;
      return `${join}${renderRelation(source.relation)}${alias}${condition}`;
    })
    .join('');
}

function renderRelation(relation: Source['relation']): string {
  if (typeof relation === 'string') return relation;
  return 'text' in relation ? relation.text : `(${renderQuery(relation)})`;
}
