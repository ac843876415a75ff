import { expect, test } from 'vitest';
import { createFilter } from '../../src/algebra/filter.ts';
import { createGroup } from '../../src/algebra/group.ts';
import { createJoin } from '../../src/algebra/join.ts';
import { changeOf, changeOfState, type Relation, type Scope } from '../../src/algebra/node.ts';
import { createProject } from '../../src/algebra/project.ts';
import { createScan } from '../../src/algebra/scan.ts';
import { createUnionAll } from '../../src/algebra/union-all.ts';
import { versionOf } from '../../src/core/version.ts';
import { renderRelation, renderSignedState, renderState } from '../../src/store/render-algebra.ts';

const window = {
  kind: 'window',
  from: versionOf(3),
  to: versionOf(5),
  moments: { fromMs: 0, toMs: 0 },
} as const;
const t = createScan('t', 'table', ['k', 'x']);
const v = createScan('v', 'kept', ['k']);

function keysOf(alias: string, node: Relation): Relation {
  const scope: Scope = createJoin([{ alias, node }], []);
  return createProject(scope, [{ name: '__ev_k0', expression: `${alias}.k` }]);
}

test('a filter over a join is one SELECT over the stored relations', () => {
  const scope: Scope = createFilter<Scope, string>(
    createJoin(
      [
        { alias: 'a', node: t },
        { alias: 'b "q"', node: v },
      ],
      ['a.k = "b ""q""".k'],
    ),
    'a.x > 1',
  );
  expect(renderRelation(createProject(scope, [{ name: 'X', expression: 'a.x' }]), window)).toBe(
    'SELECT a.x AS "X" FROM data."t" AS "a", view."v" AS "b ""q""" WHERE (a.k = "b ""q""".k) AND (a.x > 1)',
  );
});

test('an old state is the new one less the change', () => {
  const both = createProject(
    createJoin(
      [
        { alias: 'a', node: v },
        { alias: 'b', node: v },
      ],
      [],
    ),
    [{ name: 'k', expression: 'a.k' }],
  );
  const change = changeOf<string>(both, new Set(['v']));
  const old =
    '(SELECT "k", 1::TINYINT AS "__ev_w" FROM view."v" UNION ALL ' +
    'SELECT "k", -"__ev_w" FROM log."v" WHERE "__ev_v" > 3 AND "__ev_v" <= 5)';
  expect(change === null ? null : renderRelation(change, window)).toContain(
    `SELECT a.k AS "k", "a"."__ev_w" * "b"."__ev_w" AS "__ev_w" FROM (SELECT "k", "__ev_w" FROM log."v" ` +
      `WHERE "__ev_v" > 3 AND "__ev_v" <= 5) AS "a", ${old} AS "b"`,
  );
});

test('the branches of a union are cast to its types', () => {
  const union = createUnionAll<Relation>([keysOf('a', t), keysOf('b', v)], ['__ev_k0'], ['BIGINT']);
  expect(renderRelation(union, window)).toBe(
    'SELECT CAST("__ev_k0" AS BIGINT) AS "__ev_k0" FROM (SELECT a.k AS "__ev_k0" FROM data."t" AS "a") UNION ALL ' +
      'SELECT CAST("__ev_k0" AS BIGINT) AS "__ev_k0" FROM (SELECT b.k AS "__ev_k0" FROM view."v" AS "b")',
  );
});

test('one description of a group gives its state and the change of it', () => {
  const input = createProject<Scope, string>(createJoin([{ alias: 'a', node: t }], []), [
    { name: '__ev_k0', expression: 'a.k' },
    { name: '__ev_a0', expression: 'a.x' },
  ]);
  const group = createGroup<Relation>(
    input,
    ['__ev_k0'],
    [{ column: '__ev_a0', sum: 'integer', min: false, max: false }],
  );
  expect(renderState(group, window)).toBe(
    'SELECT "__ev_k0", count(*) AS __ev_n, count("__ev_a0") AS __ev_c0, sum("__ev_a0") AS __ev_s0 ' +
      'FROM (SELECT a.k AS "__ev_k0", a.x AS "__ev_a0" FROM data."t" AS "a") GROUP BY "__ev_k0"',
  );
  const change = changeOfState(group, new Set(['t']));
  expect(change === null ? null : renderSignedState(change, window, false)).toContain(
    'sum(CASE WHEN "__ev_w" < 0 THEN -("__ev_a0"::HUGEINT) ELSE "__ev_a0"::HUGEINT END) AS __ev_s0',
  );
});
