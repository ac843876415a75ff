import { bareNames, expressionSql, type Naming, qualifiedNames } from './expression-sql.ts';
import {
  type GroupQuery,
  type Output,
  type RowsQuery,
  rowNumberColumn,
  type Source,
  type ViewQuery,
  type WindowQuery,
} from './view-query.ts';

/** The query as DuckDB's SQL. */
export function querySql(query: ViewQuery): string {
  switch (query.kind) {
    case 'rows':
      return rowsSql(query);
    case 'group':
      return groupSql(query);
    case 'window':
      return windowSql(query);
    case 'union-all':
      return query.branches.map(branchSql).join(' UNION ALL ');
  }
}

function branchSql(branch: RowsQuery): string {
  return branch.source.style === 'cte' ? `(${rowsSql(branch)})` : rowsSql(branch);
}

function namingOf(source: Source): Naming {
  return source.inputs.length === 1 && source.style === 'join' ? bareNames : qualifiedNames;
}

function rowsSql(query: RowsQuery): string {
  const { source, outputs } = query;
  const list = outputsSql(outputs, namingOf(source));
  return `${prefixSql(source)}SELECT ${query.distinct ? 'DISTINCT ' : ''}${list}${fromSql(source)}`;
}

function outputsSql(outputs: readonly Output[], naming: Naming): string {
  return outputs.map((output) => `${expressionSql(output.expression, naming)} AS ${output.name}`).join(', ');
}

function groupSql(query: GroupQuery): string {
  const { source, keys, outputs, having } = query;
  const naming = { ...namingOf(source), keys };
  const by = query.groupByAll ? 'ALL' : keys.map((key) => expressionSql(key, naming)).join(', ');
  const groupBy = keys.length === 0 ? '' : ` GROUP BY ${by}`;
  const filter = having === null ? '' : ` HAVING ${expressionSql(having, naming)}`;
  return `${prefixSql(source)}SELECT ${outputsSql(outputs, naming)}${fromSql(source)}${groupBy}${filter}`;
}

function windowSql(query: WindowQuery): string {
  const { source, outputs, partition } = query;
  const naming = namingOf(source);
  const order = outputs.map((output) => `${expressionSql(output.expression, naming)} NULLS LAST`).join(', ');
  const by = partition.map((expression) => expressionSql(expression, naming)).join(', ');
  const over = `${by === '' ? '' : `PARTITION BY ${by} `}ORDER BY ${order}`;
  const list = `${outputsSql(outputs, naming)}, row_number() OVER (${over}) AS ${rowNumberColumn}`;
  return `${prefixSql(source)}SELECT ${list}${fromSql(source)}`;
}

function prefixSql(source: Source): string {
  const [first] = source.inputs;
  if (source.style !== 'cte' || first === undefined) return '';
  return `WITH c0 AS (SELECT * FROM ${first.relation}) `;
}

function fromSql(source: Source): string {
  const { inputs, on, where, join, style } = source;
  const naming = namingOf(source);
  const named = inputs.map(({ alias, relation }, place) => {
    if (style === 'cte' && place === 0) return `c0 AS ${alias}`;
    if (style === 'subquery' && place === 0) return `(SELECT * FROM ${relation}) AS ${alias}`;
    return `${relation} AS ${alias}`;
  });
  const conditions = on.map((condition) => `(${expressionSql(condition, naming)})`);
  const filter = where === null ? [] : [expressionSql(where, naming)];
  if (style === 'comma' && join === 'inner') {
    const all = [...conditions, ...filter.map((one) => `(${one})`)];
    return ` FROM ${named.join(', ')}${all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`}`;
  }
  const [first = '', ...rest] = named;
  const word = join === 'left' ? 'LEFT JOIN' : 'JOIN';
  // All conditions stand at the last join; what comes before is joined ON true.
  const joins = rest.map((one, place) => {
    const condition = place === rest.length - 1 && conditions.length > 0 ? conditions.join(' AND ') : 'true';
    return ` ${word} ${one} ON ${condition}`;
  });
  return ` FROM ${first}${joins.join('')}${filter.length === 0 ? '' : ` WHERE ${filter[0]}`}`;
}
