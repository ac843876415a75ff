import { describe, expect, it } from 'vitest';
import type { Everview, SqlValue, UpdateResult } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { drawNormal } from '../support/draw-normal.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

const dayMs = 86_400_000;
const loads = 22;
const rowsEach = 150;

type Order = { id: number; at: Date; state: string; amount: number; paid: number | null };

function ordersOf(random: Random, day: number, atMs: number): Order[] {
  return random.list(rowsEach, (place) => ({
    id: day * 1_000 + place,
    at: new Date(atMs + (place / rowsEach) * dayMs),
    state: random.pick(['new', 'new', 'quoted']),
    amount: Math.round(100 * Math.exp(3 + 0.6 * drawNormal(random))) / 100,
    paid: random.chance(0.3) ? null : Math.round(10 * drawNormal(random)) + 100,
  }));
}

function upsert(db: Everview, orders: readonly Record<string, SqlValue>[]) {
  return db.insert('orders', orders, { onConflict: 'update' });
}

/** A table with usual loads, and no update yet that replaced a row. */
async function afterLoads(
  db: Everview,
  random: Random,
  clock: { nowMs(): number; advanceMs(ms: number): void },
) {
  await db.sql(`CREATE TABLE orders (id BIGINT PRIMARY KEY, at TIMESTAMP, state VARCHAR, amount DOUBLE, paid DOUBLE)
    WITH (event_time = at, profile = on, on_finding = reject)`);
  for (let day = 0; day < loads; day++) {
    clock.advanceMs(dayMs);
    await db.insert('orders', ordersOf(random, day, clock.nowMs()));
  }
}

async function withLoads(seed: number) {
  const { db, clock } = await openEverview();
  const random = new Random(seed);
  await afterLoads(db, random, clock);
  clock.advanceMs(dayMs);
  return { db, clock, random };
}

describe('an update that replaces rows, before enough like it are known', () => {
  it('is refused where it multiplies a whole column', async () => {
    const { db } = await withLoads(2);
    await using engine = db;
    await expect(engine.execute('UPDATE orders SET amount = amount * 100')).rejects.toMatchObject({
      code: 'suspect-update',
    });
  });

  longTests(() => {
    it('is told and taken where it is a few odd rows', async () => {
      const { db } = await withLoads(3);
      await using engine = db;
      const { update } = await engine.execute('UPDATE orders SET amount = 1000000 WHERE id < 3');
      expect(update?.verdicts[0]).toMatchObject({ history: loads, severity: 'notice' });
    });

    it('is refused as a load would be, where it brings one beside a few replaced rows', async () => {
      const { db, clock, random } = await withLoads(1);
      await using engine = db;
      const day = ordersOf(random, loads, clock.nowMs()).map((order) => ({
        ...order,
        amount: order.amount * 100,
      }));
      const late = { ...day[0], id: 5 };
      await expect(upsert(engine, [late, ...day.slice(1)])).rejects.toMatchObject({
        code: 'suspect-update',
        message: expect.stringContaining('× 100'),
      });
      await expect(
        upsert(
          engine,
          [late, ...day.slice(1)].map((order) => ({ ...order, amount: null })),
        ),
      ).rejects.toMatchObject({ code: 'suspect-update', hint: expect.stringContaining('ACCEPT INCIDENT') });
    });

    it('may bring what rows only become later, and rows that were chosen for what they are', async () => {
      const { db } = await withLoads(4);
      await using engine = db;
      for (const change of [
        `UPDATE orders SET state = 'paid' WHERE state = 'new'`,
        'UPDATE orders SET paid = 100 WHERE paid IS NULL',
        'UPDATE orders SET amount = amount * 1.02 WHERE amount > 40',
      ]) {
        const { update } = await engine.execute(change);
        expect([change, update?.warnings]).toEqual([change, []]);
      }
    });

    it('is hardly ever noticed where it is clean', async () => {
      let [changed, noticed] = [0, 0];
      for (let seed = 5; seed < 6; seed++) {
        const { db, clock, random } = await withLoads(seed);
        await using engine = db;
        for (let day = loads; day < loads + 7; day++) {
          clock.advanceMs(dayMs);
          const ids = random.list(
            random.int(1, 30),
            () => random.int(0, loads - 1) * 1_000 + random.int(0, rowsEach - 1),
          );
          const fresh = ordersOf(random, day, clock.nowMs());
          const again = ordersOf(random, day - 1, clock.nowMs() - dayMs).slice(0, random.int(1, 12));
          let result: UpdateResult | null | undefined;
          if (random.chance(0.5)) result = await upsert(engine, [...again, ...fresh]);
          else {
            await engine.insert('orders', fresh);
            const change = `UPDATE orders SET amount = round(amount * 0.95, 2) WHERE id IN (${ids})`;
            result = (await engine.execute(change)).update;
          }
          changed += 1;
          if (result?.warnings.length !== 0) noticed += 1;
        }
      }
      expect([changed, noticed]).toEqual([7, 0]);
    });
  });
});
