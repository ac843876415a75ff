import type { MatchChangeNode, MatchNode } from '../algebra/match.ts';
import type { Relation } from '../algebra/node.ts';
import { quoteIdentifier, weightColumn } from '../core/identifier.ts';

/** How the inputs of a match are rendered, for one source of rows. */
export type SideRenderer = {
  /** A FROM item of the relation's columns, and a weight if so asked. */
  readonly item: (node: Relation, signed: boolean) => string;
  /** A SELECT of rows without weight, as many of each as there are; of the keys in a relation alone, or all. */
  readonly bag: (
    node: Relation,
    among: { readonly keys: readonly string[]; readonly item: string } | null,
  ) => string;
};

const weight = quoteIdentifier(weightColumn);

/** @param left what stands for the left: the match over the change of it is a part of the change of the match */
export function renderMatch(
  node: MatchNode<Relation>,
  left: string,
  signed: boolean,
  render: SideRenderer,
): string {
  const list = [
    ...node.leftColumns.map((name) => `__ev_l.${quoteIdentifier(name)}`),
    ...node.rightColumns.map((name) => `__ev_r.${quoteIdentifier(name)}`),
    ...(signed ? [`__ev_l.${weight}`] : []),
  ];
  return (
    `SELECT ${list.join(', ')} FROM ${left} AS __ev_l ${node.how.toUpperCase()} JOIN ` +
    `(${render.bag(node.right, null)}) AS __ev_r ON ${sameKeys(node)}`
  );
}

export function renderMatchChange(node: MatchChangeNode<Relation>, render: SideRenderer): string {
  const { after, leftChange, rightChange } = node;
  const terms = [
    ...(leftChange === null ? [] : [renderMatch(after, render.item(leftChange, true), true, render)]),
    ...(rightChange === null ? [] : [renderRightTerm(after, rightChange, render)]),
  ];
  return terms.join(' UNION ALL ');
}

/** The left rows as they were, each with what the change of the right makes of it. */
function renderRightTerm(
  node: MatchNode<Relation>,
  { change, leftBefore }: NonNullable<MatchChangeNode<Relation>['rightChange']>,
  render: SideRenderer,
): string {
  const list = [
    ...node.leftColumns.map((name) => `__ev_l.${quoteIdentifier(name)}`),
    ...node.rightColumns.map((name) => `__ev_d.${quoteIdentifier(name)}`),
    `(__ev_l.${weight} * __ev_d.${weight})::TINYINT AS ${weight}`,
  ];
  const same = node.keys.map(
    (key, place) => `__ev_l.${quoteIdentifier(key.left)} = __ev_d.${partnerKey(place)}`,
  );
  return (
    `SELECT ${list.join(', ')} FROM ${render.item(leftBefore, true)} AS __ev_l, ` +
    `(${renderPartners(node, change, render)}) AS __ev_d WHERE ${same.join(' AND ')}`
  );
}

/**
 * What comes to, or goes from, every left row of a key: the key, the columns of the right as they are to be shown (all
 * NULL where the key had, or has, no other row), and a weight.
 */
function renderPartners(node: MatchNode<Relation>, change: Relation, render: SideRenderer): string {
  const delta = quoteIdentifier(`__ev_delta_${node.alias}`);
  const touched = quoteIdentifier(`__ev_touched_${node.alias}`);
  const names = [...new Set(node.keys.map((key) => key.right))];
  const keys = names.map(quoteIdentifier).join(', ');
  const isKey = names.map((name) => `${quoteIdentifier(name)} IS NOT NULL`).join(' AND ');
  const flips =
    `SELECT ${keys}, (sum(__ev_n) > 0)::TINYINT - (sum(__ev_n) - sum(${weight}) > 0)::TINYINT AS __ev_s ` +
    `FROM (SELECT ${keys}, 0 AS __ev_n, ${weight} FROM ${delta} UNION ALL ` +
    `SELECT ${keys}, 1, 0 FROM (${render.bag(node.right, { keys: names, item: touched })})) ` +
    `GROUP BY ${keys} HAVING __ev_s <> 0`;
  const given =
    `WITH ${delta} AS MATERIALIZED (SELECT * FROM ${render.item(change, true)} WHERE ${isKey}), ` +
    `${touched} AS MATERIALIZED (SELECT DISTINCT ${keys} FROM ${delta})`;
  const asKeys = node.keys.map((key, place) => `${quoteIdentifier(key.right)} AS ${partnerKey(place)}`);
  const flipped = (sign: string, shown: readonly string[]) =>
    `SELECT ${[...asKeys, ...shown, `${sign}__ev_s AS ${weight}`].join(', ')} FROM (${flips})`;
  if (node.how !== 'left') return `${given} ${flipped(node.how === 'semi' ? '' : '-', [])}`;
  const shown = node.rightColumns.map(quoteIdentifier);
  return (
    `${given} SELECT ${[...asKeys, ...shown, weight].join(', ')} FROM ${delta} UNION ALL ` +
    flipped(
      '-',
      shown.map(() => 'NULL'),
    )
  );
}

const partnerKey = (place: number): string => `__ev_j${place}`;

function sameKeys(node: MatchNode<Relation>): string {
  return node.keys
    .map((key) => `__ev_l.${quoteIdentifier(key.left)} = __ev_r.${quoteIdentifier(key.right)}`)
    .join(' AND ');
}
