import { type GroupNode, partialColumns, stateColumns } from '../algebra/group.ts';
import { columnsOf, isSigned, type Relation, type Scope } from '../algebra/node.ts';
import type { ScanNode } from '../algebra/scan.ts';
import { quoteIdentifier, quoteList, versionColumn, weightColumn } from '../core/identifier.ts';
import type { Version } from '../core/version.ts';

/**
 * Where scans find their rows. `window`: the change is what the logs hold in (from, to]. `probe`: every signed scan
 * gives the relation's rows with weight 1, to ask DuckDB about types while logs do not exist yet.
 */
export type RenderSource =
  | { readonly kind: 'window'; readonly from: Version; readonly to: Version }
  | { readonly kind: 'probe' };

const weight = quoteIdentifier(weightColumn);

export function tableOf(scan: Pick<ScanNode, 'source' | 'relation'>): string {
  return `${scan.source === 'table' ? 'data' : 'view'}.${quoteIdentifier(scan.relation)}`;
}

/** A SELECT of the relation's columns in order; a signed one ends with its weight. */
export function renderRelation(node: Relation, source: RenderSource): string {
  return render(node, source, isSigned(node));
}

function render(node: Relation, source: RenderSource, signed: boolean): string {
  switch (node.kind) {
    case 'scan':
      return renderScan(node, source, signed);
    case 'project': {
      const { inputs, conditions } = flatten(node.input);
      const columns = node.columns.map(({ name, expression }) => `${expression} AS ${quoteIdentifier(name)}`);
      const weights = inputs
        .filter((input) => isSigned(input.node))
        .map((input) => `${quoteIdentifier(input.alias)}.${weight}`);
      if (signed) columns.push(`${weights.length === 0 ? '1::TINYINT' : weights.join(' * ')} AS ${weight}`);
      if (columns.length === 0) columns.push('1 AS __ev_one');
      const from = inputs.map(
        (input) => `${fromItem(input.node, source)} AS ${quoteIdentifier(input.alias)}`,
      );
      const where =
        conditions.length === 0 ? '' : ` WHERE ${conditions.map((text) => `(${text})`).join(' AND ')}`;
      return `SELECT ${columns.join(', ')} FROM ${from.join(', ')}${where}`;
    }
    case 'union-all': {
      const branches = node.inputs.map((input) =>
        renderBranch(input, node.columns, node.types, source, signed),
      );
      return branches.join(' UNION ALL ');
    }
  }
}

function renderBranch(
  input: Relation,
  columns: readonly string[],
  types: readonly string[] | null,
  source: RenderSource,
  signed: boolean,
): string {
  const inside = render(input, source, signed);
  if (types === null) return input.kind === 'union-all' ? `(${inside})` : inside;
  const own = columnsOf(input);
  const list = columns.map((name, place) => {
    return `CAST(${quoteIdentifier(own[place] ?? name)} AS ${types[place]}) AS ${quoteIdentifier(name)}`;
  });
  return `SELECT ${[...list, ...(signed ? [weight] : [])].join(', ')} FROM (${inside})`;
}

function fromItem(node: Relation, source: RenderSource): string {
  if (node.kind === 'scan' && node.snapshot === 'new') return tableOf(node);
  return `(${renderRelation(node, source)})`;
}

function renderScan(scan: ScanNode, source: RenderSource, signed: boolean): string {
  const columns = quoteList(scan.columns);
  const present = `SELECT ${columns}${signed ? `, 1::TINYINT AS ${weight}` : ''} FROM ${tableOf(scan)}`;
  if (scan.snapshot === 'new' || source.kind === 'probe') return present;
  const version = quoteIdentifier(versionColumn);
  const log =
    `FROM log.${quoteIdentifier(scan.relation)} ` +
    `WHERE ${version} > ${source.from} AND ${version} <= ${source.to}`;
  if (scan.snapshot === 'change') return `SELECT ${columns}, ${weight} ${log}`;
  return `${present} UNION ALL SELECT ${columns}, -${weight} ${log}`;
}

function flatten(scope: Scope): { inputs: Extract<Scope, { kind: 'join' }>['inputs']; conditions: string[] } {
  if (scope.kind === 'join') return { inputs: scope.inputs, conditions: [...scope.conditions] };
  const inside = flatten(scope.input);
  return { inputs: inside.inputs, conditions: [...inside.conditions, scope.condition] };
}

/** A SELECT of the state of a group over unsigned rows: keys, then `partialColumns`. */
export function renderState(node: GroupNode<Relation>, source: RenderSource): string {
  const keys = quoteList(node.keys);
  const partials = node.arguments.flatMap((argument, place) => {
    const x = quoteIdentifier(argument.column);
    return [
      `count(${x}) AS ${stateColumns.count(place)}`,
      ...(argument.sum === null
        ? []
        : [
            `${argument.sum === 'float' ? `coalesce(sum(${x}), 0)` : `sum(${x})`} AS ${stateColumns.sum(place)}`,
          ]),
      ...(argument.sum === 'float'
        ? [
            `coalesce(sum(abs(${x}::DOUBLE)), 0) AS ${stateColumns.live(place)}`,
            `coalesce(sum(abs(${x}::DOUBLE)), 0) AS ${stateColumns.ever(place)}`,
          ]
        : []),
      ...(argument.min ? [`min(${x}) AS ${stateColumns.min(place)}`] : []),
      ...(argument.max ? [`max(${x}) AS ${stateColumns.max(place)}`] : []),
    ];
  });
  const list = [...(keys === '' ? [] : [keys]), `count(*) AS ${stateColumns.rows}`, ...partials].join(', ');
  return `SELECT ${list} FROM (${renderRelation(node.input, source)})${keys === '' ? '' : ` GROUP BY ${keys}`}`;
}

/** Columns of a signed state beside `partialColumns`: what rows taken out did. */
export const goneColumns = {
  rows: '__ev_gone',
  min: (argument: number) => `__ev_gm${argument}`,
  max: (argument: number) => `__ev_gx${argument}`,
} as const;

/**
 * The signed state of a group over signed rows: keys, `partialColumns`, `goneColumns`.
 *
 * @param net whether to cancel equal rows put in and taken out first, so that what merely passed through neither
 *   counts as gone nor adds to a magnitude
 */
export function renderSignedState(node: GroupNode<Relation>, source: RenderSource, net: boolean): string {
  const keys = node.keys.map(quoteIdentifier);
  const inside = renderRelation(node.input, source);
  const rows = net ? netted(node, inside) : inside;
  const partials = node.arguments.flatMap((argument, place) => signedPartials(argument, place, net));
  const list = [
    ...keys,
    `coalesce(sum(${weight}), 0)::BIGINT AS ${stateColumns.rows}`,
    ...partials,
    `count(*) FILTER (${weight} < 0) AS ${goneColumns.rows}`,
  ];
  const group = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  return `SELECT ${list.join(', ')} FROM (${rows})${group}`;
}

function signedPartials(
  argument: GroupNode<Relation>['arguments'][number],
  place: number,
  net: boolean,
): string[] {
  const x = quoteIdentifier(argument.column);
  const wide = `${x}::DOUBLE`;
  const signed = net ? stateColumns.sum(place) : signedValue(argument.sum, x);
  const partials = [
    `coalesce(sum(${weight}) FILTER (${x} IS NOT NULL), 0)::BIGINT AS ${stateColumns.count(place)}`,
  ];
  if (argument.sum === 'float') {
    partials.push(
      `coalesce(sum(${wide} * ${weight}), 0) AS ${stateColumns.sum(place)}`,
      `coalesce(sum(abs(${wide}) * ${weight}), 0) AS ${stateColumns.live(place)}`,
      `coalesce(sum(abs(${wide}) * abs(${weight})), 0) AS ${stateColumns.ever(place)}`,
    );
  } else if (argument.sum !== null) {
    partials.push(`sum(${signed}) AS ${stateColumns.sum(place)}`);
  }
  if (argument.min) {
    partials.push(
      `min(${x}) FILTER (${weight} > 0) AS ${stateColumns.min(place)}`,
      `min(${x}) FILTER (${weight} < 0) AS ${goneColumns.min(place)}`,
    );
  }
  if (argument.max) {
    partials.push(
      `max(${x}) FILTER (${weight} > 0) AS ${stateColumns.max(place)}`,
      `max(${x}) FILTER (${weight} < 0) AS ${goneColumns.max(place)}`,
    );
  }
  return partials;
}

/** Negated as a 128-bit integer, where the least BIGINT has an opposite; decimals and floats negate as they are. */
function signedValue(kind: GroupNode<Relation>['arguments'][number]['sum'], x: string): string {
  const value = kind === 'integer' ? `${x}::HUGEINT` : x;
  return `CASE WHEN ${weight} < 0 THEN -(${value}) ELSE ${value} END`;
}

/** One row per distinct (keys, arguments), with its net weight and exact signed sums. */
function netted(node: GroupNode<Relation>, inside: string): string {
  const columns = [...node.keys, ...node.arguments.map((argument) => argument.column)].map(quoteIdentifier);
  const sums = node.arguments.flatMap((argument, place) =>
    argument.sum === null || argument.sum === 'float'
      ? []
      : [`sum(${signedValue(argument.sum, quoteIdentifier(argument.column))}) AS ${stateColumns.sum(place)}`],
  );
  const list = [...columns, `sum(${weight})::BIGINT AS ${weight}`, ...sums].join(', ');
  const group = columns.length === 0 ? '' : ` GROUP BY ${columns.join(', ')}`;
  return `SELECT ${list} FROM (${inside})${group} HAVING sum(${weight}) <> 0`;
}

/** Every column of the state, in order. */
export function stateColumnNames(node: GroupNode<Relation>): string[] {
  return [...node.keys, ...partialColumns(node.arguments)];
}
