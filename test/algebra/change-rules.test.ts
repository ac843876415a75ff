import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFilter } from '../../src/algebra/filter.ts';
import { createJoin } from '../../src/algebra/join.ts';
import { changeOf, isSigned, oldOf, type Relation, type Scope } from '../../src/algebra/node.ts';
import { createProject } from '../../src/algebra/project.ts';
import { createScan } from '../../src/algebra/scan.ts';
import { createUnionAll } from '../../src/algebra/union-all.ts';
import { versionOf } from '../../src/core/version.ts';
import { renderRelation } from '../../src/store/render-algebra.ts';
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
};

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
      { table: 'r', insert: '(1, 1), (1, 2), (2, 2), (2, 2), (NULL, 3)' },
      { table: 's', insert: '(1, 1), (2, 2), (2, 2), (NULL, NULL)' },
    ]);
    await world.rows('CREATE TABLE data.r_before AS FROM data.r');
    await world.rows('CREATE TABLE data.s_before AS FROM data.s');
    await world.update([
      { table: 'r', where: 'k = 2' },
      { table: 'r', insert: '(1, 1), (2, 1), (3, 3), (2, 9)' },
      { table: 's', where: 'k = 1' },
      { table: 's', insert: '(1, 1), (3, 3), (2, 2), (3, NULL)' },
    ]);
    await world.update([{ table: 'r', where: 'a = 9' }]);
  });
  afterAll(async () => world.close());

  const window = { kind: 'window', from: versionOf(1), to: versionOf(3), moments: { fromMs: 0, toMs: 0 } } as const;
  const both = new Set(['r', 's']);

  for (const [name, node] of Object.entries(relations)) {
    test(name, async () => {
      const change = changeOf(node, both);
      const fresh = renderRelation(node, window);
      const stale = fresh.replaceAll('data."r"', 'data.r_before').replaceAll('data."s"', 'data.s_before');
      const signedOld = renderRelation(oldOf(node, both), window);
      const before = `SELECT *, 1 AS __ev_w FROM (${stale})`;
      expect(change === null ? null : isSigned(change)).toBe(true);
      if (change === null) return;
      const minusNew = `SELECT * REPLACE (-__ev_w AS __ev_w) FROM (SELECT *, 1 AS __ev_w FROM (${fresh}))`;
      const residue = (signed: string) =>
        world.rows(
          `SELECT * EXCLUDE (__ev_w), sum(__ev_w) AS w FROM (${signed}) GROUP BY ALL HAVING sum(__ev_w) <> 0`,
        );
      expect(
        await residue(`${before} UNION ALL ${renderRelation(change, window)} UNION ALL ${minusNew}`),
      ).toEqual([]);
      expect(
        await residue(`${signedOld} UNION ALL ${renderRelation(change, window)} UNION ALL ${minusNew}`),
      ).toEqual([]);
    });
  }
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
