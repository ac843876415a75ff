import { type GroupNode, hasFloatMoments, partialColumns, stateColumns } from '../algebra/group.ts';
import type { Relation } from '../algebra/node.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import { momentItems, signedMomentItems } from './render-moments.ts';
import { type RenderSource, renderRelation, renderRestricted, type TouchedKeys } from './render-relation.ts';

export { type RenderSource, renderRelation, tableOf } from './render-relation.ts';

const weight = quoteIdentifier(weightColumn);

/**
 * A SELECT of the state of a group over unsigned rows: keys, then `partialColumns`.
 *
 * @param touched the keys of the only groups asked for; null: all
 */
export function renderState(
  node: GroupNode<Relation>,
  source: RenderSource,
  touched: TouchedKeys | null = null,
): string {
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
  const moments = node.moments.flatMap(momentItems);
  const counted = `count(*) AS ${stateColumns.rows}`;
  const list = [...(keys === '' ? [] : [keys]), counted, ...partials, ...moments].join(', ');
  const rows =
    touched === null
      ? renderRelation(node.input, source)
      : renderRestricted(node.input, source, node.keys, touched);
  return `SELECT ${list} FROM (${rows})${keys === '' ? '' : ` GROUP BY ${keys}`}`;
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
  const isRepeated = net && hasFloatMoments(node);
  const rows = net ? netted(node, inside, isRepeated) : inside;
  const isSummed = net && !isRepeated;
  const partials = node.arguments.flatMap((argument, place) => signedPartials(argument, place, isSummed));
  const list = [
    ...keys,
    `coalesce(sum(${weight}), 0)::BIGINT AS ${stateColumns.rows}`,
    ...partials,
    ...node.moments.flatMap(signedMomentItems),
    `count(*) FILTER (${weight} < 0) AS ${goneColumns.rows}`,
  ];
  const group = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  return `SELECT ${list.join(', ')} FROM (${rows})${group}`;
}

/** The state of a group over unsigned rows and its change over signed ones, added up: keys, `partialColumns`. */
export function renderAdded(node: GroupNode<Relation>, state: string, source: RenderSource): string {
  const keys = node.keys.map(quoteIdentifier);
  const counted = (column: string, x: string) =>
    `CASE WHEN ${x} IS NULL THEN 0 ELSE ${weight} END AS ${column}`;
  const partials = node.arguments.flatMap((argument, place) => {
    const x = quoteIdentifier(argument.column);
    const sum = `${signedValue(argument.sum, x)} AS ${stateColumns.sum(place)}`;
    return [counted(stateColumns.count(place), x), ...(argument.sum === null ? [] : [sum])];
  });
  const change = [...keys, `${weight} AS ${stateColumns.rows}`, ...partials];
  const sums = new Set(node.arguments.map((_, place) => stateColumns.sum(place)));
  const totals = partialColumns(node).map((column) =>
    sums.has(column) ? `sum(${column}) AS ${column}` : `coalesce(sum(${column}), 0)::BIGINT AS ${column}`,
  );
  const group = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')} HAVING sum(${stateColumns.rows}) > 0`;
  return (
    `SELECT ${[...keys, ...totals].join(', ')} FROM (SELECT ${stateColumnNames(node).join(', ')} FROM ${state} ` +
    `UNION ALL SELECT ${change.join(', ')} FROM (${renderRelation(node.input, source)}))${group}`
  );
}

function signedPartials(
  argument: GroupNode<Relation>['arguments'][number],
  place: number,
  isSummed: boolean,
): string[] {
  const x = quoteIdentifier(argument.column);
  const wide = `${x}::DOUBLE`;
  const signed = isSummed ? stateColumns.sum(place) : signedValue(argument.sum, x);
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

/**
 * One row per distinct (keys, arguments), with its net weight and exact signed sums.
 *
 * @param isRepeated whether it is repeated instead, each time with weight 1 or −1, and without sums
 */
function netted(node: GroupNode<Relation>, inside: string, isRepeated: boolean): string {
  const moments = node.moments.flatMap(({ x, y }) => (y === null ? [x] : [x, y]));
  const columns = [...node.keys, ...node.arguments.map((argument) => argument.column), ...moments].map(
    quoteIdentifier,
  );
  const sums = node.arguments.flatMap((argument, place) =>
    argument.sum === null || argument.sum === 'float'
      ? []
      : [`sum(${signedValue(argument.sum, quoteIdentifier(argument.column))}) AS ${stateColumns.sum(place)}`],
  );
  const list = [...columns, `sum(${weight})::BIGINT AS ${weight}`, ...(isRepeated ? [] : sums)].join(', ');
  const group = columns.length === 0 ? '' : ` GROUP BY ${columns.join(', ')}`;
  const rows = `SELECT ${list} FROM (${inside})${group} HAVING sum(${weight}) <> 0`;
  if (!isRepeated) return rows;
  const each = [...columns, `sign(${weight}) AS ${weight}`, `unnest(range(abs(${weight})))`].join(', ');
  return `SELECT ${each} FROM (${rows})`;
}

/** Every column of the state, in order. */
export function stateColumnNames(node: GroupNode<Relation>): string[] {
  return [...node.keys, ...partialColumns(node)];
}
