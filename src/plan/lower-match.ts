import { createMatch, type MatchNode } from '../algebra/match.ts';
import type { Relation } from '../algebra/node.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import { isOver, joinedScope, type OuterJoin, sideOf } from './join-side.ts';
import type { FromContext } from './lower-context.ts';
import type { FromScope } from './lower-scope.ts';
import { aliasesIn, conjunction, nullConstant, sidesOfEquality } from './lower-tree.ts';

type Preserved = 'left' | 'right';

/** The conditions of a join as a match has them. */
type MatchConditions = {
  readonly keys: readonly { readonly preserved: SqlNode; readonly other: SqlNode }[];
  /** Without which a preserved row has no match. */
  readonly ofPreserved: readonly SqlNode[];
  readonly ofOther: readonly SqlNode[];
};

/**
 * LEFT, RIGHT, SEMI and ANTI JOIN on equalities between the sides, and conditions on either side alone: on the side
 * that is matched with, they say which of its rows there are; on the other, which of its rows have a key.
 *
 * @returns null for every other join
 */
export function tryMatch(join: OuterJoin, context: FromContext): FromScope | null {
  const how = howOf(join.kind);
  if (how === null) return null;
  const preserved: Preserved = join.kind === 'RIGHT' ? 'right' : 'left';
  const conditions = partedConditions(join, preserved);
  if (conditions === null) return null;
  const { keys, ofPreserved, ofOther } = conditions;
  const own = keys.map((key, place) =>
    place === 0 ? whereTrue(conjunction(ofPreserved), key.preserved) : key.preserved,
  );
  const others = keys.map((key) => key.other);
  const left = sideOf(
    join.left,
    'left',
    preserved === 'left' ? own : others,
    context,
    preserved === 'left' ? [] : ofOther,
  );
  const right = sideOf(
    join.right,
    'right',
    preserved === 'left' ? others : own,
    context,
    preserved === 'left' ? ofOther : [],
  );
  const [kept, matched] = preserved === 'left' ? [left, right] : [right, left];
  const node = createMatch<Relation<SqlNode>>({
    how,
    alias: context.nextAlias(),
    left: kept.node,
    right: matched.node,
    keys: kept.keys.map((key, place) => ({ left: key, right: matched.keys[place] ?? '' })),
    leftColumns: kept.columns,
    rightColumns: how === 'left' ? matched.columns : [],
  });
  return joinedScope(join, { left, right }, node, context.nextAlias());
}

function howOf(kind: string): MatchNode<unknown>['how'] | null {
  switch (kind) {
    case 'SEMI':
      return 'semi';
    case 'ANTI':
      return 'anti';
    case 'LEFT':
    case 'RIGHT':
      return 'left';
    default:
      return null;
  }
}

function partedConditions(join: OuterJoin, preserved: Preserved): MatchConditions | null {
  const own = join[preserved];
  const other = join[preserved === 'left' ? 'right' : 'left'];
  const keys: { preserved: SqlNode; other: SqlNode }[] = [];
  const ofPreserved: SqlNode[] = [];
  const ofOther: SqlNode[] = [];
  for (const condition of join.conditions) {
    const [one, two] = condition['type'] === 'COMPARE_EQUAL' ? (sidesOfEquality(condition) ?? []) : [];
    if (one !== undefined && two !== undefined && isOver(own, one) && isOver(other, two)) {
      keys.push({ preserved: one, other: two });
    } else if (one !== undefined && two !== undefined && isOver(other, one) && isOver(own, two)) {
      keys.push({ preserved: two, other: one });
    } else if (isOver(other, condition)) {
      ofOther.push(condition);
    } else if (aliasesIn(condition).size === 0 || isOver(own, condition)) {
      ofPreserved.push(condition);
    } else {
      return null;
    }
  }
  return keys.length === 0 ? null : { keys, ofPreserved, ofOther };
}

/** The key where the condition is true, and else NULL, which matches nothing. */
function whereTrue(condition: SqlNode | null, key: SqlNode): SqlNode {
  if (condition === null) return key;
  return {
    class: 'CASE',
    type: 'CASE_EXPR',
    alias: '',
    query_location: 0,
    case_checks: [{ when_expr: condition, then_expr: key }],
    else_expr: nullConstant,
  };
}
