import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advanceSources, contentsSource, type RowSource } from '../../src/model/row-source.ts';
import {
  eventTimeColumn,
  membershipCondition,
  nextBoundarySql,
  spanDifference,
  trainingBoundsAt,
} from '../../src/model/training-window.ts';
import { firstOf } from '../support/depth.ts';
import { TrainingTable, trainingSet } from '../support/training-table.ts';

const hour = 3_600_000;
const day = 24 * hour;
const types = [
  'TIMESTAMP',
  'DATE',
  'TIMESTAMP WITH TIME ZONE',
  'TIMESTAMP_S',
  'TIMESTAMP_MS',
  'TIMESTAMP_NS',
];

describe('spans', () => {
  it('differ by the parts of one that are outside the other', () => {
    const bound = fc.integer({ min: 0, max: 12 }).map(BigInt);
    const span = fc.record({ afterUs: fc.option(bound), untilUs: bound });
    const holds = (s: { afterUs: bigint | null; untilUs: bigint }, e: bigint) =>
      (s.afterUs === null || e > s.afterUs) && e <= s.untilUs;
    fc.assert(
      fc.property(span, span, (a, b) => {
        for (let e = -1n; e < 14n; e++) {
          const times = spanDifference(a, b).filter((part) => holds(part, e)).length;
          expect(times).toBe(holds(a, e) && !holds(b, e) ? 1 : 0);
        }
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});

describe.each(firstOf(types, 2))('membership by a %s column', (type) => {
  const schema = [
    { name: 'moment', type },
    { name: 'n', type: 'INTEGER' },
    { name: 'y', type: 'INTEGER' },
  ];
  let table: TrainingTable;
  beforeAll(async () => {
    table = await TrainingTable.open(schema);
    const maker = type === 'TIMESTAMP WITH TIME ZONE' ? 'make_timestamptz' : 'make_timestamp';
    // a row every 7 hours, off the full millisecond, and some without a time
    await table.update({
      insert: `SELECT CASE WHEN i % 10 = 3 THEN NULL ELSE ${maker}((i - 20) * 25200000000 + 123) END::${type} AS moment, i::INTEGER AS n, 1 AS y FROM range(120) r(i)`,
    });
  });
  afterAll(() => table.close());

  it('is what the definition says, at every clock', async () => {
    const definition = trainingSet({
      eventTime: 'moment',
      labelDelayMs: 5 * hour,
      windowMs: 9 * day,
      holdoutMs: 2 * day,
    });
    const column = eventTimeColumn(definition, schema);
    const rows = await table.read(([s]) =>
      s.rows(`SELECT n, epoch_us(moment) AS us FROM view."ts" WHERE moment IS NOT NULL`),
    );
    const clocks = [
      0,
      1,
      5 * hour,
      5 * hour + 1,
      3 * day + 7 * hour,
      10 * day,
      14 * day + 1,
      200 * day,
      -day,
    ];
    for (const nowMs of clocks) {
      const bounds = trainingBoundsAt(definition, nowMs);
      const hi = (nowMs - 5 * hour) * 1_000;
      for (const [membership, low, high] of [
        [bounds.training, hi - 9 * day * 1_000, hi - 2 * day * 1_000],
        [bounds.holdout ?? bounds.training, hi - 2 * day * 1_000, hi],
      ] as const) {
        const expected = rows.filter(({ us }) => Number(us) > low && Number(us) <= high).map(({ n }) => n);
        const condition = membershipCondition(membership, column);
        const got = await table.read(([s]) =>
          s.rows(`SELECT n FROM view."ts" WHERE ${condition} ORDER BY n`),
        );
        expect(got.map(({ n }) => n)).toEqual(expected);
      }
    }
  });

  it('moves by signed sources that add up to the difference, with changes in between', async () => {
    const definition = trainingSet({
      eventTime: 'moment',
      labelDelayMs: hour,
      windowMs: 6 * day,
      holdoutMs: day,
    });
    const relation = { name: 'ts', eventTime: eventTimeColumn(definition, schema) };
    const count = async ({ relation: from, conditions }: RowSource) => {
      const where = ['true', ...conditions].map((condition) => `(${condition})`).join(' AND ');
      const sql = `SELECT n, y, count(*) AS c FROM ${from} WHERE ${where} GROUP BY ALL`;
      const counted = await table.read(([s]) => s.rows(sql));
      return new Map(counted.map((row) => [`${row.n}/${row.y}`, Number(row.c)]));
    };
    let at = table.version;
    let bounds = trainingBoundsAt(definition, 4 * day);
    let live = await count(contentsSource(relation, bounds.training));
    let seed = 1;
    for (const nowMs of [4 * day, 6 * day, 5 * day, 25 * day, 25 * day + 1, -2 * day, 12 * day]) {
      seed += 1;
      await table.update({ remove: `n % 11 = ${seed}` });
      await table.update({
        insert: `SELECT * REPLACE (y + ${seed} AS y) FROM view."ts" WHERE n % 5 = ${seed % 5}`,
      });
      const next = trainingBoundsAt(definition, nowMs);
      for (const source of advanceSources(
        relation,
        { version: at, bounds },
        { version: table.version, bounds: next },
      )) {
        for (const [row, times] of await count(source))
          live.set(row, (live.get(row) ?? 0) + source.sign * times);
      }
      live = new Map([...live].filter(([, times]) => times !== 0));
      expect(live).toEqual(await count(contentsSource(relation, next.training)));
      [at, bounds] = [table.version, next];
    }
  });

  it('changes next when the query says, and not a millisecond earlier', async () => {
    const definition = trainingSet({
      eventTime: 'moment',
      labelDelayMs: hour,
      windowMs: 6 * day,
      holdoutMs: day,
    });
    const column = eventTimeColumn(definition, schema);
    const members = async (nowMs: number) => {
      const condition = membershipCondition(trainingBoundsAt(definition, nowMs).training, column);
      return table.read(([s]) => s.rows(`SELECT n, y FROM view."ts" WHERE ${condition} ORDER BY ALL`));
    };
    let nowMs = 3 * day;
    for (let move = 0; move < 6; move++) {
      const [row] = await table.read(([s]) =>
        s.rows(nextBoundarySql(definition, column, 'view."ts"', nowMs)),
      );
      const next = Number(row?.next_ms);
      expect(next).toBeGreaterThan(nowMs);
      expect(await members(next - 1)).toEqual(await members(nowMs));
      expect(await members(next)).not.toEqual(await members(nowMs));
      nowMs = next;
    }
    const [row] = await table.read(([s]) =>
      s.rows(nextBoundarySql(definition, column, 'view."ts"', 900 * day)),
    );
    expect(row?.next_ms).toBeNull();
  });
});

it('has no bounds without an event time', () => {
  expect(trainingBoundsAt(trainingSet(), 5)).toEqual({ training: { kind: 'all' }, holdout: null });
});

it('refuses an event time that tells no instant', () => {
  const definition = trainingSet({ eventTime: 'n' });
  expect(() => eventTimeColumn(definition, [{ name: 'n', type: 'INTEGER' }])).toThrow(/is INTEGER/);
  expect(() => eventTimeColumn(definition, [])).toThrow(/no column "n"/);
});
