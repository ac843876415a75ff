import { type Aggregate, type Expression, evaluate, evaluateAggregate, type Scope } from './expression.ts';
import { compareValues, keyOf, type RefRelation, type RefRow, type RefValue } from './value.ts';
import {
  columnsOf,
  type GroupQuery,
  type Output,
  partsOf,
  type RowsQuery,
  type Source,
  type ViewQuery,
  type WindowQuery,
} from './view-query.ts';

/** The contents of a query over relations found by name: nested loops, no indexes, nothing kept. */
export function evaluateView(query: ViewQuery, relation: (name: string) => RefRelation): RefRelation {
  return { columns: columnsOf(query), rows: rowsOf(query, relation) };
}

type Relations = (name: string) => RefRelation;

function rowsOf(query: ViewQuery, relation: Relations): RefRow[] {
  switch (query.kind) {
    case 'rows':
      return plainRows(query, relation);
    case 'group':
      return groupRows(query, relation);
    case 'window':
      return windowRows(query, relation);
    case 'union-all':
      return query.branches.flatMap((branch) => plainRows(branch, relation));
  }
}

function plainRows(query: RowsQuery, relation: Relations): RefRow[] {
  const rows = sourceScopes(query.source, relation).map((scope) => outputRow(query.outputs, scope));
  if (!query.distinct) return rows;
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

function outputRow(outputs: readonly Output[], scope: Scope): RefValue[] {
  return outputs.map((output) => evaluate(output.expression, scope));
}

function groupRows(query: GroupQuery, relation: Relations): RefRow[] {
  const groups = new Map<string, { keys: RefRow; scopes: Scope[] }>();
  if (query.keys.length === 0) groups.set('', { keys: [], scopes: [] });
  for (const scope of sourceScopes(query.source, relation)) {
    const keys = query.keys.map((key) => evaluate(key, scope));
    const found = groups.get(keyOf(keys)) ?? { keys, scopes: [] };
    found.scopes.push(scope);
    groups.set(keyOf(keys), found);
  }
  const scopes = [...groups.values()].map((group) => groupScope(group.keys, group.scopes));
  const { having } = query;
  const shown = having === null ? scopes : scopes.filter((scope) => evaluate(having, scope) === true);
  return shown.map((scope) => outputRow(query.outputs, scope));
}

function groupScope(keys: RefRow, scopes: readonly Scope[]): Scope {
  return {
    column: () => null,
    key: (index) => keys[index] ?? null,
    aggregate: (aggregate: Aggregate) => evaluateAggregate(aggregate, scopes),
  };
}

function windowRows(query: WindowQuery, relation: Relations): RefRow[] {
  const partitions = new Map<string, RefRow[]>();
  for (const scope of sourceScopes(query.source, relation)) {
    const key = keyOf(query.partition.map((expression) => evaluate(expression, scope)));
    partitions.set(key, [...(partitions.get(key) ?? []), outputRow(query.outputs, scope)]);
  }
  return [...partitions.values()].flatMap((rows) =>
    rows.sort(compareRows).map((row, place) => [...row, BigInt(place + 1)]),
  );
}

function compareRows(a: RefRow, b: RefRow): number {
  for (const [place, left] of a.entries()) {
    const right = b[place] ?? null;
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else {
      const order = compareValues(left, right);
      if (order !== 0) return order;
    }
  }
  return 0;
}

type Binding = { readonly places: ReadonlyMap<string, number>; readonly row: RefRow };

/** One scope for each row of the joined, filtered FROM. */
function sourceScopes(source: Source, relation: Relations): Scope[] {
  let bound: ReadonlyMap<string, Binding>[] = [new Map()];
  const aliases = new Set<string>();
  for (const { alias, relation: name } of source.inputs) {
    const { columns, rows } = relation(name);
    const places = new Map(columns.map((column, place) => [column.name, place]));
    aliases.add(alias);
    const ready = source.on.filter((condition) => {
      const needed = inputsOf(condition);
      return needed.has(alias) && [...needed].every((one) => aliases.has(one));
    });
    const isOptional = source.join === 'left' && aliases.size > 1;
    const missing = { places, row: columns.map(() => null) };
    bound = bound.flatMap((left) => {
      const matches = rows
        .map((row) => new Map([...left, [alias, { places, row }]]))
        .filter((joined) => ready.every((condition) => evaluate(condition, rowScope(joined)) === true));
      return isOptional && matches.length === 0 ? [new Map([...left, [alias, missing]])] : matches;
    });
  }
  const scopes = bound.map(rowScope);
  const { where } = source;
  return where === null ? scopes : scopes.filter((scope) => evaluate(where, scope) === true);
}

function rowScope(bindings: ReadonlyMap<string, Binding>): Scope {
  return {
    column(input, name) {
      const binding = bindings.get(input);
      const place = binding?.places.get(name);
      if (binding === undefined || place === undefined) throw new RangeError(`no column ${input}.${name}`);
      return binding.row[place] ?? null;
    },
    key: () => null,
    aggregate: () => null,
  };
}

function inputsOf(expression: Expression): Set<string> {
  if (expression.kind === 'column') return new Set([expression.input]);
  return new Set(partsOf(expression).flatMap((part) => [...inputsOf(part)]));
}

/** Evaluates over one row of one relation; what UPDATE, DELETE and CHECK need. */
export function evaluateOnRow(expression: Expression, columns: readonly string[], row: RefRow): RefValue {
  return evaluate(expression, {
    column(_, name) {
      const place = columns.indexOf(name);
      if (place < 0) throw new RangeError(`no column ${name}`);
      return row[place] ?? null;
    },
    key: () => null,
    aggregate: () => null,
  });
}
