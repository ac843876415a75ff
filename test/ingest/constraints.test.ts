import { describe, expect, test } from 'vitest';
import type { Constraint, ViolationResponse } from '../../src/declare/definition.ts';
import { firstOf, longTests } from '../support/depth.ts';
import {
  check,
  IngestWorld,
  notNull,
  primaryKey,
  references,
  rejection,
  table,
  unique,
} from './ingest-world.ts';

const columns = { id: 'BIGINT', origin: 'VARCHAR', delay: 'INTEGER' };
const airports = table('airports', { iata: 'VARCHAR', city: 'VARCHAR' }, primaryKey('iata'));

function flights(onViolation: ViolationResponse, ...constraints: Constraint[]) {
  return table('flights', columns, constraints, onViolation);
}

type Case = {
  readonly kind: string;
  readonly constraints: readonly Constraint[];
  readonly rows: string;
  readonly good: readonly (readonly unknown[])[];
  readonly bad: number;
  readonly constraint: string;
  readonly row: number;
  readonly reason: string;
};

const cases: readonly Case[] = [
  {
    kind: 'check',
    constraints: [check('delay BETWEEN -120 AND 2000')],
    rows: `(1, 'JFK', 5400), (2, 'JFK', NULL), (3, 'LAX', 6)`,
    good: [
      [2n, 'JFK', null],
      [3n, 'LAX', 6],
    ],
    bad: 1,
    constraint: 'a_check',
    row: 1,
    reason: 'delay = 5400 breaks CHECK (delay BETWEEN -120 AND 2000)',
  },
  {
    kind: 'references',
    constraints: [references(['origin'], 'airports')],
    rows: `(1, 'JFK', 1), (2, 'XXX', 1), (3, NULL, 1)`,
    good: [
      [1n, 'JFK', 1],
      [3n, null, 1],
    ],
    bad: 1,
    constraint: 'origin_to_airports',
    row: 2,
    reason: `origin = 'XXX' is not in "airports" (iata)`,
  },
  {
    kind: 'not-null',
    constraints: [notNull('delay')],
    rows: `(1, 'JFK', 5), (2, 'JFK', NULL), (3, 'LAX', 6)`,
    good: [
      [1n, 'JFK', 5],
      [3n, 'LAX', 6],
    ],
    bad: 1,
    constraint: 'delay_not_null',
    row: 2,
    reason: 'delay is NULL, declared NOT NULL',
  },
  {
    kind: 'check that fails to evaluate',
    constraints: [
      check(`CASE WHEN origin = 'OLD' THEN true ELSE CAST(flights.origin AS INTEGER) > delay END`),
    ],
    rows: `(1, '7', 5), (2, 'x', 7)`,
    good: [[1n, '7', 5]],
    bad: 1,
    constraint: 'a_check',
    row: 2,
    reason: `origin = 'x', delay = 7 breaks CHECK (CASE WHEN origin = 'OLD' THEN true ELSE CAST(flights.origin AS INTEGER) > delay END)`,
  },
  {
    kind: 'unique against the table',
    constraints: [unique('origin', 'delay')],
    rows: `(1, 'OLD', 1), (2, 'OLD', NULL), (3, NULL, 1)`,
    good: [
      [2n, 'OLD', null],
      [3n, null, 1],
    ],
    bad: 1,
    constraint: 'origin_delay_unique',
    row: 1,
    reason: `origin = 'OLD', delay = 1 is already in "flights": breaks UNIQUE (origin, delay)`,
  },
  {
    kind: 'unique within the batch',
    constraints: [unique('origin')],
    rows: `(1, 'A', 1), (2, NULL, 1), (3, 'A', 2), (4, NULL, 3)`,
    good: [
      [1n, 'A', 1],
      [2n, null, 1],
      [4n, null, 3],
    ],
    bad: 1,
    constraint: 'origin_unique',
    row: 3,
    reason: `origin = 'A' comes again in the same update: breaks UNIQUE (origin)`,
  },
  {
    kind: 'primary key',
    constraints: primaryKey('id'),
    rows: `(0, 'A', 1), (1, 'B', 1), (1, 'C', 2)`,
    good: [[1n, 'B', 1]],
    bad: 2,
    constraint: 'id_key',
    row: 1,
    reason: `id = 0 is already in "flights": breaks PRIMARY KEY (id)`,
  },
];

async function world(
  onViolation: ViolationResponse,
  constraints: readonly Constraint[],
): Promise<IngestWorld> {
  const opened = await IngestWorld.open(airports, flights(onViolation, ...constraints));
  await opened.values('airports', `('JFK', 'New York'), ('OLD', 'x')`);
  await opened.values('flights', `(0, 'OLD', 1)`);
  return opened;
}

describe.each(firstOf(cases, 5))('$kind', ({ constraints, rows, good, bad, constraint, row, reason }) => {
  test('reject refuses the whole update and says why', async () => {
    await using opened = await world('reject', constraints);
    const before = await opened.traces();
    const refused = await rejection(opened.values('flights', rows));
    expect(refused.code).toBe('constraint-violation');
    expect(refused.message).toContain(reason);
    expect(refused.data?.violations).toMatchObject(
      [{ table: 'flights', row, constraint, reason }, {}].slice(0, bad),
    );
    expect(refused.rejected.rows.map((one) => one.constraint !== 'update-rejected')).toEqual(
      rejectedFlags(rows, good),
    );
    expect(await opened.traces()).toBe(before);
  });

  test('quarantine sets the rows aside and takes the others', async () => {
    await using opened = await world('quarantine', constraints);
    const outcome = await opened.values('flights', rows);
    expect(outcome).toMatchObject({ inserted: good.length, deleted: 0, quarantined: bad });
    expect(await opened.bag('data.flights')).toEqual([[0n, 'OLD', 1], ...good]);
    expect((await opened.rows(`SELECT * FROM log.flights WHERE __ev_v = 3`)).length).toBe(good.length);
    const held = await opened.rows(`SELECT * FROM everview.quarantine ORDER BY id`);
    expect(held.length).toBe(bad);
    expect(held[0]).toMatchObject({
      update_id: 3n,
      version: 3n,
      table: 'flights',
      constraint_name: constraint,
      reason,
      state: 'held',
    });
    expect((await opened.rows('SELECT * FROM quarantine.flights')).length).toBe(bad);
  });

  test('warn takes the rows and says so', async () => {
    await using opened = await world('warn', constraints);
    const outcome = await opened.values('flights', rows);
    expect(outcome).toMatchObject({ inserted: good.length + bad, quarantined: 0 });
    expect(outcome.warnings.length).toBe(1);
    expect(outcome.warnings[0]).toContain(`"${constraint}"`);
    expect(outcome.violations[0]).toMatchObject({ row, reason });
    expect((await opened.rows('SELECT * FROM log.flights')).length).toBe(1 + good.length + bad);
  });
});

function rejectedFlags(rows: string, good: readonly (readonly unknown[])[]): boolean[] {
  const ids = [...rows.matchAll(/\((\d+),/g)].map((match) => BigInt(match[1] ?? ''));
  const seen = new Set<bigint>();
  return ids.map((id) => {
    const isGood = good.some((row) => row[0] === id) && !seen.has(id);
    seen.add(id);
    return !isGood;
  });
}

longTests(() => {
  test('a row that breaks several constraints is set aside once, with all reasons', async () => {
    await using opened = await world('quarantine', [
      ...primaryKey('id'),
      check('delay < 10'),
      references(['origin'], 'airports'),
    ]);
    const outcome = await opened.values('flights', `(NULL, 'XXX', 50), (2, 'JFK', 1)`);
    expect(outcome).toMatchObject({ inserted: 1, quarantined: 1 });
    const [held] = await opened.rows('SELECT * FROM everview.quarantine');
    expect(held).toMatchObject({
      constraint_name: 'id_not_null',
      constraint_kind: 'not-null',
      row: '{"id":null,"origin":"XXX","delay":50}',
    });
    expect(held?.reason).toBe(
      `id is NULL, declared NOT NULL; delay = 50 breaks CHECK (delay < 10); origin = 'XXX' is not in "airports" (iata)`,
    );
  });

  test('the first good row of a key is kept, when the very first is bad itself', async () => {
    await using opened = await world('quarantine', [...primaryKey('id'), check('delay < 10')]);
    const outcome = await opened.values('flights', `(1, 'A', 50), (1, 'B', 2), (1, 'C', 3)`);
    expect(outcome).toMatchObject({ inserted: 1, quarantined: 2 });
    expect(await opened.bag('data.flights')).toEqual([
      [0n, 'OLD', 1],
      [1n, 'B', 2],
    ]);
  });
});

describe('a table that references itself', () => {
  const staff = (onViolation: ViolationResponse) =>
    table(
      'staff',
      { id: 'INTEGER', boss: 'INTEGER' },
      [...primaryKey('id'), references(['boss'], 'staff')],
      onViolation,
    );

  test('rows of the same batch count, also in a circle', async () => {
    await using opened = await IngestWorld.open(staff('reject'));
    await opened.values('staff', '(1, 2), (2, 1), (3, 3), (4, NULL)');
    expect((await opened.bag('data.staff')).length).toBe(4);
    const refused = await rejection(opened.values('staff', '(5, 9)'));
    expect(refused.message).toContain('boss = 9 is not in "staff" (id)');
  });

  longTests(() => {
    test('a row whose parent is set aside goes with it', async () => {
      await using opened = await IngestWorld.open(staff('quarantine'));
      const outcome = await opened.values('staff', '(3, 2), (2, 1), (1, 9), (4, 4)');
      expect(outcome).toMatchObject({ inserted: 1, quarantined: 3 });
      expect(await opened.bag('data.staff')).toEqual([[4, 4]]);
    });

    test('a parent may go together with its children, and not before them', async () => {
      await using opened = await IngestWorld.open(staff('reject'));
      await opened.values('staff', '(1, NULL), (2, 1), (3, 2)');
      const refused = await rejection(opened.delete('staff', 'id = 1'));
      expect(refused.message).toContain('id = 1 is still referenced by "staff" (boss), id = 2');
      expect(await opened.delete('staff', 'id < 3 OR boss = 2')).toMatchObject({ deleted: 3 });
    });

    test('keys and references may move in one statement', async () => {
      await using opened = await IngestWorld.open(staff('reject'));
      await opened.values('staff', '(1, 1), (2, 1)');
      await opened.set('staff', { id: 'id + 10', boss: 'boss + 10' }, null);
      expect(await opened.bag('data.staff')).toEqual([
        [11, 11],
        [12, 11],
      ]);
      const refused = await rejection(opened.set('staff', { id: 'id + 10' }, null));
      expect(refused.message).toMatch(/is not in "staff"|still referenced/);
    });
  });
});
