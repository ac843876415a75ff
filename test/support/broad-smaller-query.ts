import type { Query, SelectQuery, Source } from './broad-query.ts';

/** The query with one piece less, the largest pieces first; not all of them mean anything. */
export function* smallerQueries(query: Query): Generator<Query> {
  if (query.kind === 'set') {
    yield query.left;
    yield query.right;
    for (const left of smallerQueries(query.left)) yield { ...query, left };
    for (const right of smallerQueries(query.right)) yield { ...query, right };
    yield* withoutColumn(query);
    return;
  }
  yield* parts(query);
  yield* withoutClause(query);
  if (query.items.length > 1) {
    for (const place of query.items.keys()) yield { ...query, items: query.items.toSpliced(place, 1) };
  }
  yield* smallerSources(query);
}

/** Queries inside that may be at fault alone. */
function* parts(query: SelectQuery): Generator<Query> {
  for (const { relation } of query.from) {
    if (typeof relation !== 'string' && !('text' in relation)) yield relation;
  }
  if (!query.isRecursive) for (const cte of query.ctes) yield cte.query;
}

function* withoutClause(query: SelectQuery): Generator<Query> {
  if (query.from.length > 1) yield { ...query, from: query.from.slice(0, -1) };
  for (const place of query.where.keys()) yield { ...query, where: query.where.toSpliced(place, 1) };
  for (const place of query.ctes.keys()) yield { ...query, ctes: query.ctes.toSpliced(place, 1) };
  if (query.having !== null) yield { ...query, having: null };
  if (query.qualify !== null) yield { ...query, qualify: null };
  if (query.limit !== null) yield { ...query, limit: null, orderBy: null };
  if (query.distinct !== 'no') yield { ...query, distinct: 'no', orderBy: null };
  if (query.groupBy !== null) yield { ...query, groupBy: null };
}

function* smallerSources(query: SelectQuery): Generator<Query> {
  for (const [place, source] of query.from.entries()) {
    const { relation } = source;
    const put = (changed: Source): Query => ({ ...query, from: query.from.with(place, changed) });
    const plain = source.condition.replace(/ AND .*$/, '');
    if (plain !== source.condition) yield put({ ...source, condition: plain });
    if (typeof relation === 'string' || 'text' in relation) continue;
    for (const smaller of smallerQueries(relation)) yield put({ ...source, relation: smaller });
  }
  // A recursion with a piece less may have no end.
  if (query.isRecursive) return;
  for (const [place, cte] of query.ctes.entries()) {
    for (const smaller of smallerQueries(cte.query)) {
      yield { ...query, ctes: query.ctes.with(place, { ...cte, query: smaller }) };
    }
  }
}

/** One column less in every branch. */
function* withoutColumn(query: Query): Generator<Query> {
  const width = widthOf(query);
  for (let place = 0; width > 1 && place < width; place++) yield dropColumn(query, place);
}

function widthOf(query: Query): number {
  return query.kind === 'set' ? widthOf(query.left) : query.items.length;
}

function dropColumn(query: Query, place: number): Query {
  if (query.kind === 'select') return { ...query, items: query.items.toSpliced(place, 1) };
  return { ...query, left: dropColumn(query.left, place), right: dropColumn(query.right, place) };
}
