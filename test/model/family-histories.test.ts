import { describe, expect, it } from 'vitest';
import type { Everview, Row } from '../../src/index.ts';
import { type FamilyCase, fromScratch, playFamilyHistory, questions } from '../support/family-history.ts';
import { forcedRefresh } from '../support/open-everview.ts';

const numbers = 'x, far, tiny, twin, hole, flag, kind';

const exact: readonly FamilyCase[] = [
  {
    name: 'ridge',
    label: 'y',
    options: 'method = ridge, l2 = 0.7, expand = (hour(moment), spline(x, -1, 2))',
    features: numbers,
  },
  {
    name: 'ridge of several labels',
    label: 'y',
    options: 'method = ridge, labels = (z), rare = 5',
    features: numbers,
  },
  {
    name: 'ridge that decays',
    label: 'y',
    options: "method = ridge, decay = INTERVAL '4 days'",
    features: numbers,
  },
  { name: 'elastic net', label: 'y', options: 'method = elastic_net, l1 = 20, l2 = 1', features: numbers },
  { name: 'group means', label: 'y', options: 'method = group_means, smoothing = 3', features: 'kind' },
  {
    name: 'seasonal means',
    label: 'y',
    options: 'method = seasonal_means, expand = (season(moment, weekday))',
    features: 'moment',
  },
  {
    name: 'principal components',
    label: 'y',
    options: 'method = pca, components = 3',
    features: 'x, far, tiny, hole, flag',
  },
];

async function answers(db: Everview): Promise<readonly Row[] | null> {
  const { rows: versions } = await db.query(`SELECT model_version FROM everview.models WHERE name = 'm'`);
  if (versions[0]?.model_version === null) return null;
  const { rows } = await db.query(`SELECT * FROM PREDICT(m, ${questions}) ORDER BY i`);
  return rows;
}

function expectSameAnswers(own: readonly Row[] | null, scratch: readonly Row[] | null, digits: number): void {
  if (scratch === null || own === null) {
    expect([own, scratch]).toEqual([null, null]);
    return;
  }
  const largest = Math.max(
    1,
    ...scratch.flatMap((row) =>
      Object.entries(row).map(([name, value]) => (isOutput(name) ? Math.abs(Number(value)) || 0 : 0)),
    ),
  );
  own.forEach((row, index) => {
    for (const [name, value] of Object.entries(row)) {
      const other = scratch[index]?.[name];
      if (typeof value !== 'number' || typeof other !== 'number')
        expect([name, value]).toEqual([name, other]);
      else expect(Math.abs(value - other) / largest, `${name} of question ${index}`).toBeLessThan(digits);
    }
  });
}

function isOutput(name: string): boolean {
  return /^(prediction|probability|pc\d)/.test(name);
}

describe('a model kept through a history answers as one fitted from scratch to the same rows', () => {
  it.each(exact)(
    '$name',
    async (family) => {
      let incremental = 0;
      await playFamilyHistory(family, 20_011, 9, async (db, clock) => {
        const outcome = await db.execute('REFRESH m INCREMENTAL');
        expect(outcome.kind).toBe('refresh');
        const scratch = await fromScratch(db, clock, family);
        try {
          expectSameAnswers(await answers(db), await answers(scratch), 1e-9);
        } finally {
          await scratch.close();
        }
        const { rows } = await db.query(
          `SELECT count(*) AS n FROM everview.refreshes WHERE name = 'm' AND kind = 'incremental'`,
        );
        incremental = Number(rows[0]?.n);
      });
      if (forcedRefresh() !== 'full') expect(incremental).toBeGreaterThan(2);
    },
    60_000,
  );
});
