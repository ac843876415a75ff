import { expect, test } from 'vitest';
import type { Everview, UpdateResult } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const dayMs = 86_400_000;

const declaration = `CREATE TABLE orders (
  id BIGINT PRIMARY KEY, at TIMESTAMP NOT NULL, country VARCHAR, amount DOUBLE, tax DOUBLE, total DOUBLE
) WITH (event_time = at, profile = on, false_alarms = 2)`;

type Order = {
  readonly id: number;
  readonly at: Date;
  readonly country: string | null;
  readonly amount: number | null;
  readonly tax: number;
  readonly total: number;
};

function dayOfOrders(random: Random, day: number, count = 400): Order[] {
  return random.list(count, (place) => {
    const amount =
      Math.round(Math.exp(3 + 0.7 * (random.next() + random.next() + random.next() - 1.5)) * 100) / 100;
    const tax = Math.round(amount * random.pick([0.07, 0.19]) * 100) / 100;
    const at = new Date(Date.UTC(2001, 5, 1) + day * dayMs + Math.floor((place / count) * dayMs));
    const country = random.chance(0.02)
      ? null
      : random.pick(['Germany', 'France', 'Italy', 'Spain', 'Germany']);
    return {
      id: day * 10_000 + place,
      at,
      country,
      amount,
      tax,
      total: Math.round((amount + tax) * 100) / 100,
    };
  });
}

async function usualDays(db: Everview, clock: { advanceMs(ms: number): void }, random: Random, days: number) {
  const results: UpdateResult[] = [];
  for (let day = 0; day < days; day++) {
    clock.advanceMs(dayMs);
    results.push(await db.insert('orders', dayOfOrders(random, day)));
  }
  return results;
}

const broken: readonly (readonly [
  name: string,
  cause: string,
  change: (order: Order, place: number) => Order,
])[] = [
  ['a hundredfold amount', 'unit-change', (order) => ({ ...order, amount: (order.amount ?? 0) * 100 })],
  [
    '-1 for some amounts',
    'sentinel',
    (order, place) => (place % 50 === 0 ? { ...order, amount: -1 } : order),
  ],
  ['no country', 'null-burst', (order, place) => (place % 4 === 0 ? { ...order, country: null } : order)],
  ['a typo', 'new-category', (order) => (order.country === 'Italy' ? { ...order, country: 'Itly' } : order)],
  [
    'amount and total exchanged',
    'swapped-columns',
    (order) => ({ ...order, tax: order.total, total: order.tax }),
  ],
  [
    'mojibake',
    'encoding-damage',
    (order) => (order.country === 'Spain' ? { ...order, country: 'EspaÃ±a' } : order),
  ],
  [
    'totals of other rows',
    'derived-disagreement',
    (order, place) => (place % 10 === 0 ? { ...order, total: order.total + 0.5 } : order),
  ],
];

test('usual days pass; each error is found, named, and not learned from', async () => {
  const { db, clock } = await openEverview();
  await using engine = db;
  const random = new Random(7);
  await engine.sql(declaration);
  const usual = await usualDays(engine, clock, random, 20);
  expect(usual.slice(0, 8).every(({ verdicts }) => verdicts[0]?.state === 'learning')).toBe(true);
  expect(usual.flatMap(({ warnings }) => warnings)).toEqual([]);
  let day = 20;
  for (const [name, cause, change] of broken) {
    clock.advanceMs(dayMs);
    const { verdicts, warnings } = await engine.insert('orders', dayOfOrders(random, day).map(change));
    const [verdict] = verdicts;
    expect([name, verdict?.findings.map((finding) => finding.cause)]).toEqual([name, [cause]]);
    expect(warnings).toHaveLength(1);
    day += 1;
    clock.advanceMs(dayMs);
    const after = await engine.insert('orders', dayOfOrders(random, day));
    expect([name, after.warnings]).toEqual([name, []]);
    day += 1;
  }
  const { rows } = await engine.query(
    `SELECT count(*) FILTER (state = 'learned')::INTEGER AS learned, count(*)::INTEGER AS judged FROM everview.verdicts`,
  );
  expect(rows).toEqual([{ learned: 27, judged: 34 }]);
});

test('a table goes on like that, and it is usual', async () => {
  const { db, clock } = await openEverview();
  await using engine = db;
  const random = new Random(5);
  await engine.sql('CREATE TABLE r (x DOUBLE) WITH (profile = on)');
  const severities: (string | null)[] = [];
  for (let day = 0; day < 24; day++) {
    clock.advanceMs(dayMs);
    // Rows that scatter three times as much from day 12 on.
    const width = day < 12 ? 1 : 3;
    const rows = random.list(300, () => ({ x: 50 + width * (random.next() + random.next() - 1) }));
    const { verdicts } = await engine.insert('r', rows);
    severities.push(verdicts[0]?.severity ?? null);
  }
  expect(severities.slice(0, 12).every((severity) => severity === null)).toBe(true);
  expect(severities[12]).not.toBeNull();
});

test('PROFILE tells counts, ranges and what could not be seen', async () => {
  const { db, clock } = await openEverview();
  await using engine = db;
  await engine.sql(declaration);
  await usualDays(engine, clock, new Random(9), 14);
  await engine.execute('DELETE FROM orders WHERE id < 5000');
  const { rows, message } = await engine.execute('PROFILE orders');
  expect(message).toBe('"orders": 14 updates learned from');
  const [counted] = (
    await engine.query(
      'SELECT count(*)::INTEGER AS n, count(*) FILTER (country IS NULL)::INTEGER AS nulls FROM orders',
    )
  ).rows;
  const country = rows.find(({ column }) => column === 'country');
  expect([Number(country?.rows), Number(country?.nulls)]).toEqual([counted?.n, counted?.nulls]);
  const amount = (await engine.profile('orders')).columns.find(({ column }) => column === 'amount');
  // 400 rows, none of them ever missing: fewer than 1 in 100 would go unseen, more would not.
  expect(amount?.smallest.nulls).toBeGreaterThan(0);
  expect(amount?.smallest.nulls).toBeLessThan(0.03);
  expect(amount?.smallest.median).toBeGreaterThan(0);
  await expect(engine.sql('CREATE TABLE plain (x INTEGER); PROFILE plain')).rejects.toMatchObject({
    code: 'unsupported',
  });
});

test('a few rows that are put right are asked for what no load had, and nothing else', async () => {
  const { db, clock } = await openEverview();
  await using engine = db;
  await engine.sql(declaration);
  await usualDays(engine, clock, new Random(6), 12);
  const { update } = await engine.execute('UPDATE orders SET country = NULL WHERE id < 3');
  expect(update?.verdicts[0]).toMatchObject({ rows: 3, history: 12, findings: [] });
  const { rows } = await engine.query(
    'SELECT kind, count(*)::INTEGER AS n FROM everview.verdicts GROUP BY kind ORDER BY kind',
  );
  expect(rows).toEqual([
    { kind: 'insert', n: 12 },
    { kind: 'replace', n: 1 },
  ]);
});

test('VALIDATE DRILL breaks copies, and leaves the table as it is', async () => {
  const { db, clock } = await openEverview();
  await using engine = db;
  await engine.sql(declaration);
  await usualDays(engine, clock, new Random(2), 9);
  const { rows, version } = await engine.execute('VALIDATE DRILL ON orders');
  const scaled = rows.find(({ done }) => done === '× 100');
  expect(scaled).toMatchObject({ number: 7, error: 'unit-change', caught_at_100: 1 });
  expect((await engine.query('SELECT count(*)::INTEGER AS n FROM orders')).rows).toEqual([{ n: 3_600 }]);
  expect(version).toBe(9);
});

longTests(() => {
  test('what was learned is there again after the file was closed, and the same findings come of it', async () => {
    await using database = await temporaryDatabase();
    const random = new Random(3);
    const { db: first, clock } = await openEverview({ path: database.path });
    await first.sql(declaration);
    await usualDays(first, clock, random, 21);
    await first.close();
    const { db: second } = await openEverview({ path: database.path, clock });
    await using engine = second;
    clock.advanceMs(dayMs);
    const bad = dayOfOrders(random, 21).map((order) => ({ ...order, amount: (order.amount ?? 0) / 1_000 }));
    const { verdicts } = await engine.insert('orders', bad);
    expect(verdicts[0]).toMatchObject({ history: 21, severity: 'block' });
    expect(verdicts[0]?.findings[0]).toMatchObject({
      cause: 'unit-change',
      columns: ['amount'],
      facts: { factor: 0.001 },
    });
  });

  test('VALIDATE DRILL counts what constraints and rules about arrival would catch, by their names', async () => {
    const { db, clock } = await openEverview();
    await using engine = db;
    await engine.sql(`CREATE TABLE orders (
    id BIGINT PRIMARY KEY, at TIMESTAMP NOT NULL, country VARCHAR, amount DOUBLE NOT NULL, tax DOUBLE NOT NULL, total DOUBLE NOT NULL,
    CONSTRAINT positive CHECK (amount > 0 AND tax > 0 AND total > 0), CONSTRAINT known CHECK (length(country) < 8)
  ) WITH (event_time = at, profile = on, max_future = INTERVAL '1 day', allowed_lateness = INTERVAL '60 days')`);
    await usualDays(engine, clock, new Random(2), 9);
    const { lines } = await engine.drill('orders');
    const line = (what: string) => lines.find((one) => one.what === what);
    // At 1 % of the rows some errors are too few for the judgement: a constraint sees one.
    expect(line('× −1')).toMatchObject({ recall: [1, 1, 1, 1] });
    expect(line('× −1')?.by).toContain('positive');
    expect(line('+ 2 years')?.by).toContain('orders_max_future');
    expect(line('rows came twice')?.by).toContain('orders_pkey');
    expect(line('a blank behind')?.by).toContain('known');
    const names = lines.flatMap(({ by }) => by);
    expect(names.some((name) => name.endsWith('not_null'))).toBe(true);
    expect((await engine.query('SELECT count(*)::INTEGER AS n FROM orders')).rows).toEqual([{ n: 3_600 }]);
  });

  test('a table that is profiled later learns from the updates it had', async () => {
    const { db, clock } = await openEverview();
    await using engine = db;
    const random = new Random(4);
    await engine.sql(declaration.replace('profile = on, ', ''));
    const before = await usualDays(engine, clock, random, 12);
    expect(before.flatMap(({ verdicts }) => verdicts)).toEqual([]);
    await engine.execute('DELETE FROM orders WHERE id < 30');
    await engine.execute('ALTER TABLE orders SET (profile = on)');
    const profile = await engine.profile('orders');
    expect([profile.updates, profile.rows]).toEqual([12, 4_770]);
    clock.advanceMs(dayMs);
    const { verdicts } = await engine.insert(
      'orders',
      dayOfOrders(random, 12).map((order) => ({ ...order, country: null })),
    );
    expect(verdicts[0]?.findings.map(({ cause }) => cause)).toEqual(['null-burst']);
    await engine.execute('ALTER TABLE orders SET (profile = off)');
    expect((await engine.query('SELECT * FROM everview.verdicts')).rows).toEqual([]);
  });

  test('what is kept of a table stays small, and verdicts stay', async () => {
    const { db, clock } = await openEverview();
    await using engine = db;
    const random = new Random(8);
    await engine.sql('CREATE TABLE r (x DOUBLE) WITH (profile = on)');
    for (let hour = 0; hour < 66; hour++) {
      clock.advanceMs(dayMs / 24);
      await engine.insert(
        'r',
        random.list(5, () => ({ x: random.next() })),
      );
    }
    const { rows } = await engine.query('SELECT count(*)::INTEGER AS n FROM everview.verdicts');
    expect(rows).toEqual([{ n: 66 }]);
    expect(await engine.profile('r')).toMatchObject({ rows: 330, updates: 60 });
  });
});
