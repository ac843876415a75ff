import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ViolationResponse } from '../../src/declare/definition.ts';
import { UpdateRejected } from '../../src/ingest/change-outcome.ts';
import { releaseQuarantine } from '../../src/ingest/quarantine.ts';
import { depth, longer } from '../support/depth.ts';
import { check, IngestWorld, key, primaryKey, references, table, unique } from './ingest-world.ts';
import { acceptRows, isConsistent, type NodeRow } from './insert-reference.ts';

const kinds = [1, 2];
const names = ['id', 'a', 'b', 'v', 'kind', 'up'] as const;

const small = (max: number, freq: number) => fc.option(fc.integer({ min: 0, max }), { freq });
const anyRow: fc.Arbitrary<NodeRow> = fc.record({
  id: small(11, 30),
  a: small(2, 3),
  b: small(4, 3),
  v: fc.constantFrom(null, 0, 1, 2, 3, 3, 2, 1, 4),
  kind: fc.constantFrom(null, 1, 2, 1, 2, 1, 2, 3),
  up: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: small(11, 9) }),
});

/** The first histories of those that long tests draw. */
const runs = longer(2, 6);

type Step =
  | { readonly kind: 'insert'; readonly rows: readonly NodeRow[]; readonly source: 'rows' | 'sql' }
  | { readonly kind: 'update'; readonly set: Record<string, string>; readonly where: string }
  | { readonly kind: 'delete'; readonly where: string }
  | { readonly kind: 'release' };

const condition = fc.constantFrom('true', 'id % 2 = 0', 'v IS NULL', 'a > 0', 'up IS NULL', 'id < 4');
const change = fc.constantFrom<Record<string, string>>(
  { v: 'v + 1' },
  { id: '9 - id' },
  { id: 'id + 1', up: 'up + 1' },
  { a: 'b', b: 'a' },
  { up: 'id', kind: 'v' },
  { a: '1', v: 'coalesce(v, 2)' },
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      rows: fc.array(anyRow, { maxLength: 8 }),
      source: fc.constantFrom('rows' as const, 'sql' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('update' as const), set: change, where: condition }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), where: condition }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'release' as const }) },
);

function tables(response: ViolationResponse) {
  return [
    table('kind', { k: 'INTEGER' }, primaryKey('k')),
    table(
      'node',
      Object.fromEntries(names.map((name) => [name, 'INTEGER'])),
      [
        ...primaryKey('id'),
        unique('a', 'b'),
        check('v <= 3'),
        references(['kind'], 'kind'),
        references(['up'], 'node'),
      ],
      response,
    ),
  ];
}

async function nodes(world: IngestWorld, relation: string): Promise<NodeRow[]> {
  const rows = await world.rows(`SELECT ${names.join(', ')} FROM ${relation} ORDER BY ALL`);
  const value = (cell: unknown): number | null => (cell === null ? null : Number(cell));
  return rows.map((row) => ({
    id: value(row.id),
    a: value(row.a),
    b: value(row.b),
    v: value(row.v),
    kind: value(row.kind),
    up: value(row.up),
  }));
}

const sorted = (rows: readonly NodeRow[]): string[] =>
  rows.map((row) => key(names.map((name) => row[name]))).sort();

async function apply(world: IngestWorld, step: Step): Promise<UpdateRejected | null> {
  try {
    switch (step.kind) {
      case 'insert': {
        const values = step.rows
          .map((row) => `(${names.map((name) => row[name] ?? 'NULL::INTEGER').join(', ')})`)
          .join(', ');
        const text = values === '' ? 'SELECT * FROM data.node LIMIT 0' : `VALUES ${values}`;
        await world.insert(
          'node',
          step.source === 'rows' ? { kind: 'rows', rows: step.rows } : { kind: 'sql', text },
        );
        return null;
      }
      case 'update':
        await world.set('node', step.set, step.where);
        return null;
      case 'delete':
        await world.delete('node', step.where);
        return null;
      case 'release':
        await world.update((tx, context) => releaseQuarantine(tx, world.target('node'), null, context));
        return null;
    }
  } catch (failure) {
    if (failure instanceof UpdateRejected) return failure;
    throw failure;
  }
}

async function expectInsert(
  world: IngestWorld,
  response: ViolationResponse,
  before: readonly NodeRow[],
  batch: readonly NodeRow[],
  refused: UpdateRejected | null,
): Promise<void> {
  const { kept, bad } = acceptRows(batch, before, kinds);
  const after = await nodes(world, 'data.node');
  if (response === 'reject') {
    expect(refused !== null).toBe(bad.length > 0);
    expect(sorted(after)).toEqual(sorted(refused === null ? [...before, ...batch] : before));
    if (refused !== null) expect(refused.rejected.rows.length).toBe(batch.length);
    return;
  }
  expect(refused).toBeNull();
  expect(sorted(after)).toEqual(sorted([...before, ...kept]));
  const held = await world.rows(
    `SELECT "row" FROM everview.quarantine WHERE update_id = ${world.version} ORDER BY id`,
  );
  expect(held.map((row) => row.row).sort()).toEqual(bad.map((row) => JSON.stringify(row)).sort());
}

test.each(['reject', 'quarantine'] as const)(
  'any history of updates under %s equals the plain reference',
  async (response) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 8 }), async (steps) => {
        await using world = await IngestWorld.open(...tables(response));
        await world.values('kind', '(1), (2)');
        for (const step of steps) {
          const before = await nodes(world, 'data.node');
          const refused = await apply(world, step);
          const after = await nodes(world, 'data.node');
          if (step.kind === 'insert') await expectInsert(world, response, before, step.rows, refused);
          if (refused !== null) expect(sorted(after)).toEqual(sorted(before));
          expect(isConsistent(after, kinds)).toBe(true);
          const replayed = await nodes(
            world,
            `(SELECT ${names.join(', ')}, unnest(range(sum(__ev_w)::BIGINT)) FROM log.node GROUP BY ${names.join(', ')})`,
          );
          expect(sorted(replayed)).toEqual(sorted(after));
          const [held] = await world.rows(
            `SELECT (SELECT count(*) FROM quarantine.node) AS typed, (SELECT count(*) FROM everview.quarantine WHERE state = 'held') AS noted`,
          );
          expect(held?.typed).toBe(held?.noted);
        }
      }),
      { numRuns: depth(runs, 60), seed: 20260101 },
    );
  },
);
