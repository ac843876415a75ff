import { describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { drawNormal } from '../support/draw-normal.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

const dayMs = 86_400_000;

/** A reading and what a model makes of it; in a share of the rows the reading is of something else. */
function readings(random: Random, share: number): { x: number; z: number; y: number }[] {
  return random.list(200, (row) => {
    const x = 10 + 0.5 * drawNormal(random);
    const z = 10 + 0.5 * drawNormal(random);
    const y = 2 * x + 2 * z + 0.05 * drawNormal(random);
    return { x: row < 200 * share ? 36 + 4 * random.next() : x, z, y };
  });
}

async function afterUsualDays(declarations: string) {
  const { db, clock } = await openEverview();
  const random = new Random(4);
  await db.sql('CREATE TABLE r (x DOUBLE, z DOUBLE, y DOUBLE) WITH (profile = on)');
  await db.insert('r', readings(random, 0));
  await db.sql(declarations);
  for (let day = 0; day < 30; day++) {
    clock.advanceMs(dayMs);
    await db.insert('r', readings(random, 0));
  }
  const told: string[] = [];
  /** A day with a share of its rows wrong. */
  const day = async (share: number): Promise<string> => {
    clock.advanceMs(dayMs);
    const { verdicts } = await db.insert('r', readings(random, share));
    const findings = verdicts.flatMap((verdict) => verdict.findings);
    const line = findings.map(({ severity, cause, columns }) => `${severity} ${cause} ${columns}`).join(', ');
    told.push(line);
    return line;
  };
  return { db, day, told };
}

const model = `CREATE TRAINING SET s WITH (label = y) AS SELECT x, z, y FROM r;
  CREATE MODEL m WITH (method = ridge) AS SELECT * FROM s; REFRESH m`;

async function eventsOf(db: Everview): Promise<string[]> {
  const { rows } = await db.query('SELECT event FROM everview.incident_events ORDER BY ALL');
  return rows.map(({ event }) => String(event));
}

describe('many rows outside of all that was known', () => {
  it('are the world where they are all rows, whatever a model errs', async () => {
    const { db, day } = await afterUsualDays(model);
    expect(await day(1)).toBe('notice covariate-drift x');
    await db.close();
  });

  longTests(() => {
    it('are the world as far as rows tell, and stop an update on which a model errs as on none before', async () => {
      const plain = await afterUsualDays('SELECT 1');
      expect(await plain.day(0.3)).toBe('notice covariate-drift x');
      const learned = await afterUsualDays(model);
      expect(await learned.day(0.3)).toBe('block covariate-drift x');
      await plain.db.close();
      await learned.db.close();
    });
  });
});

describe('a few wild rows that come again', () => {
  it('are usual the second time, as far as rows tell', async () => {
    const { db, day, told } = await afterUsualDays('SELECT 1');
    for (let count = 0; count < 3; count++) await day(0.02);
    expect(told).toEqual(['notice outlier-rows x', 'notice outlier-rows x', '']);
    expect(await eventsOf(db)).toEqual(['learned', 'opened']);
    await db.close();
  });

  longTests(() => {
    it('and where a model that never errs gets none of them wrong either', async () => {
      const perfect = `CREATE TRAINING SET s WITH (label = late) AS SELECT z > 10 AS big, z > 10 AS late FROM r;
      CREATE MODEL m WITH (method = logistic) AS SELECT * FROM s; REFRESH m`;
      const { db, day, told } = await afterUsualDays(perfect);
      for (let count = 0; count < 3; count++) await day(0.02);
      expect(told).toEqual(['notice outlier-rows x', 'notice outlier-rows x', '']);
      await db.close();
    });

    it('are told until the fifth time where a model errs on them as on none before', async () => {
      const { db, day, told } = await afterUsualDays(model);
      for (let count = 0; count < 5; count++) await day(0.02);
      expect(told).toEqual(Array(5).fill('notice outlier-rows x'));
      expect(await eventsOf(db)).toEqual(['learned', 'opened']);
      expect(await day(0.02)).toBe('');
      await db.close();
    });
  });
});
