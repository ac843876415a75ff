import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFilter } from '../../src/algebra/filter.ts';
import { createJoin } from '../../src/algebra/join.ts';
import { createMatch, type MatchNode } from '../../src/algebra/match.ts';
import {
  changeOf,
  columnsOf,
  isSigned,
  oldOf,
  type Relation,
  type Scope,
  scansOf,
  takesAway,
} from '../../src/algebra/node.ts';
import { createProject } from '../../src/algebra/project.ts';
import { createScan } from '../../src/algebra/scan.ts';
import { createUnionAll } from '../../src/algebra/union-all.ts';
import { versionOf } from '../../src/core/version.ts';
import { renderRelation } from '../../src/store/render-algebra.ts';
import { firstOf } from '../support/depth.ts';
import { ViewWorld } from '../support/view-world.ts';

const r = createScan('r', 'table', ['k', 'a']);
const s = createScan('s', 'table', ['k', 'b']);

function scope(...inputs: readonly [alias: string, node: Relation][]): Scope {
  return createJoin(
    inputs.map(([alias, node]) => ({ alias, node })),
    [],
  );
}

function joined(condition: string, ...inputs: readonly [alias: string, node: Relation][]): Scope {
  return createJoin(
    inputs.map(([alias, node]) => ({ alias, node })),
    [condition],
  );
}

function columns(...expressions: readonly string[]): { name: string; expression: string }[] {
  return expressions.map((expression, place) => ({ name: `c${place}`, expression }));
}

const filtered = createProject(
  createFilter<Scope, string>(scope(['r', r]), 'r.a > 1'),
  columns('r.k', 'r.a'),
);

function matched(how: MatchNode<Relation>['how'], left: Relation = r, right: Relation = s): Relation {
  return createMatch({
    how,
    alias: `m${aliases++}`,
    left,
    right,
    keys: [{ left: columnsOf(left)[0] ?? '', right: columnsOf(right)[0] ?? '' }],
    leftColumns: columnsOf(left),
    rightColumns: how === 'left' ? columnsOf(right) : [],
  });
}

let aliases = 0;

/** A relation over the columns of two, with other names than theirs. */
function renamed(node: Relation, prefix: string): Relation {
  const list = columnsOf(node).map((name) => ({ name: `${prefix}${name}`, expression: `n.${name}` }));
  return createProject(scope(['n', node]), list);
}

const left = (one: Relation, other: Relation) => matched('left', renamed(one, 'x'), renamed(other, 'y'));

const nothing = createProject(
  createFilter<Scope, string>(scope(['s', s]), 's.k > 99'),
  columns('s.k', 's.b'),
);

/** One relation per rule; each is checked under a change of one source and of both. */
const relations: Readonly<Record<string, Relation>> = {
  scan: r,
  filter: filtered,
  project: createProject(scope(['r', r]), columns('r.a', 'r.k % 2')),
  'join of two': createProject(joined('r.k = s.k', ['r', r], ['s', s]), columns('r.a', 's.b')),
  'self-join': createProject(joined('x.k = y.k', ['x', r], ['y', r]), columns('x.a', 'y.a')),
  'join of three': createProject(
    joined('x.k = s.k AND s.k = y.k', ['x', r], ['s', s], ['y', r]),
    columns('x.a', 's.b', 'y.a'),
  ),
  product: createProject(scope(['r', r], ['s', s]), columns('r.k', 's.k')),
  'join of relations': createProject(joined('q.c0 = s.k', ['q', filtered], ['s', s]), columns('q.c1', 's.b')),
  'union all': createUnionAll(
    [createProject(scope(['r', r]), columns('r.k')), createProject(scope(['s', s]), columns('s.b'))],
    ['c0'],
  ),
  'join over union all': createProject(
    joined(
      'u.c0 = s.b',
      [
        'u',
        createUnionAll(
          [createProject(scope(['r', r]), columns('r.k')), createProject(scope(['s', s]), columns('s.k'))],
          ['c0'],
        ),
      ],
      ['s', s],
    ),
    columns('u.c0', 's.k'),
  ),
  'semi join': matched('semi'),
  'anti join': matched('anti'),
  'left join': left(r, s),
  'semi join with itself': matched('semi', r, renamed(filtered, 'f')),
  'anti join with itself': matched('anti', filtered, renamed(r, 'f')),
  'left join with itself': left(r, filtered),
  'semi join over an anti join': matched('semi', matched('anti', r, s), filtered),
  'anti join with an anti join': matched('anti', s, matched('anti', r, s)),
  'semi join with nothing': matched('semi', r, nothing),
  'anti join with nothing': matched('anti', r, nothing),
  'left join with nothing': left(r, nothing),
  'left join of nothing': left(nothing, s),
  'chain of left joins': left(left(left(r, s), filtered), s),
  'left join with a left join': left(s, left(r, s)),
  'join of a left join and an anti join': createProject(
    joined('p.xk = q.k', ['p', left(r, s)], ['q', matched('anti', s, filtered)]),
    columns('p.xa', 'p.yb', 'q.b'),
  ),
  'left join by two columns': createMatch({
    how: 'left',
    alias: 'two',
    left: renamed(r, 'x'),
    right: s,
    keys: [
      { left: 'xk', right: 'k' },
      { left: 'xa', right: 'b' },
    ],
    leftColumns: ['xk', 'xa'],
    rightColumns: ['b', 'k'],
  }),
};

function signedForm(sql: string, signed: boolean): string {
  return signed ? sql : `SELECT *, 1 AS __ev_w FROM (${sql})`;
}

describe('old + change = new', () => {
  let world: ViewWorld;
  beforeAll(async () => {
    world = await ViewWorld.open();
    await world.table('r', [
      { name: 'k', type: 'INTEGER' },
      { name: 'a', type: 'INTEGER' },
    ]);
    await world.table('s', [
      { name: 'k', type: 'INTEGER' },
      { name: 'b', type: 'INTEGER' },
    ]);
    await world.update([
      { table: 'r', insert: '(1, 1), (1, 2), (2, 2), (2, 2), (NULL, 3), (4, 4), (5, 5)' },
      { table: 's', insert: '(1, 1), (2, 2), (2, 2), (NULL, NULL), (4, 4), (4, 4)' },
    ]);
    await world.rows('CREATE TABLE data.r_before AS FROM data.r');
    await world.rows('CREATE TABLE data.s_before AS FROM data.s');
    await world.update([
      { table: 'r', where: 'k = 2' },
      { table: 'r', insert: '(1, 1), (2, 1), (3, 3), (2, 9)' },
      { table: 's', where: 'k IN (1, 4)' },
      { table: 's', insert: '(1, 1), (3, 3), (2, 2), (3, NULL), (5, 5)' },
    ]);
    await world.update([{ table: 'r', where: 'a = 9' }]);
  });
  afterAll(async () => world.close());

  const window = {
    kind: 'window',
    from: versionOf(1),
    to: versionOf(3),
    moments: { fromMs: 0, toMs: 0 },
  } as const;
  const stories = [['r', 's'], ['r'], ['s']].map((names) => new Set(names));

  for (const [name, node] of Object.entries(relations)) {
    test.each(firstOf(stories))(`${name}, when %o changed`, async (changed) => {
      const change = changeOf(node, changed);
      const fresh = renderRelation(node, window);
      const stale = [...changed].reduce((sql, t) => sql.replaceAll(`data."${t}"`, `data.${t}_before`), fresh);
      const old = oldOf(node, changed);
      const signedOld = signedForm(renderRelation(old, window), isSigned(old));
      const before = `SELECT *, 1 AS __ev_w FROM (${stale})`;
      const isRead = scansOf(node).some((scan) => changed.has(scan.relation));
      expect(change === null ? null : isSigned(change)).toBe(isRead ? true : null);
      if (change === null) return;
      const minusNew = `SELECT * REPLACE (-__ev_w AS __ev_w) FROM (SELECT *, 1 AS __ev_w FROM (${fresh}))`;
      const residue = (signed: string) =>
        world.rows(
          `SELECT * EXCLUDE (__ev_w), sum(__ev_w) AS w FROM (${signed}) GROUP BY ALL HAVING sum(__ev_w) <> 0`,
        );
      expect(
        await residue(`${before} UNION ALL ${renderRelation(change, window)} UNION ALL ${minusNew}`),
      ).toEqual([]);
      const [most] = await world.rows(
        `SELECT max(abs(__ev_w))::INTEGER AS w FROM (${renderRelation(change, window)} UNION ALL ${signedOld})`,
      );
      expect(most).toSatisfy((row: { w: number | null }) => (row.w ?? 1) === 1);
      expect(
        await residue(`${signedOld} UNION ALL ${renderRelation(change, window)} UNION ALL ${minusNew}`),
      ).toEqual([]);
    });
  }
});

describe('what a change of a match says', () => {
  const nulls = left(r, s);

  test('of the left alone: it reads no old state', () => {
    expect(changeOf(nulls, new Set(['r']))).toMatchObject({ kind: 'match-change', rightChange: null });
  });

  test('of the right alone: rows may leave though others came', () => {
    const byRight = (node: Relation) => {
      const change = changeOf(node, new Set(['s']));
      return change !== null && takesAway(change);
    };
    expect([nulls, matched('anti'), matched('semi')].map(byRight)).toEqual([true, true, false]);
  });
});

describe('what a change reads', () => {
  const twoWay = createProject(joined('r.k = s.k', ['r', r], ['s', s]), columns('r.a', 's.b'));

  test('nothing when no source changed', () => {
    expect(changeOf(twoWay, new Set())).toBeNull();
  });

  test('one term, without an old state, when one source changed', () => {
    const sql = renderRelation(changeOf(twoWay, new Set(['s'])) ?? r, {
      kind: 'window',
      from: versionOf(4),
      to: versionOf(7),
      moments: { fromMs: 0, toMs: 0 },
    });
    expect(sql).toBe(
      'SELECT r.a AS "c0", s.b AS "c1", "s"."__ev_w" AS "__ev_w" FROM data."r" AS "r", ' +
        '(SELECT "k", "b", "__ev_w" FROM log."s" WHERE "__ev_v" > 4 AND "__ev_v" <= 7) AS "s" WHERE (r.k = s.k)',
    );
  });

  test('a union leaves out the inputs that did not change, and keeps its types', () => {
    const union = createUnionAll(
      [createProject(scope(['r', r]), columns('r.k')), createProject(scope(['s', s]), columns('s.b'))],
      ['c0'],
      ['BIGINT'],
    );
    const change = changeOf(union, new Set(['s']));
    expect(change).toMatchObject({ kind: 'union-all', types: ['BIGINT'], inputs: [{ kind: 'project' }] });
  });
});
