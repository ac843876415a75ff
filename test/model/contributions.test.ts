import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Everview, SqlValue } from '../../src/index.ts';
import { readParameters } from '../../src/model/parameters-json.ts';
import { createRowScorer } from '../../src/model/predict-row.ts';
import { everyOther, firstOf } from '../support/depth.ts';
import { fillTable, fitCase, modelCases, questions } from '../support/model-cases.ts';
import { openEverview } from '../support/open-everview.ts';

/** Whatever is a number in a value or a MAP of such, by its path. */
function numbersOf(value: SqlValue | undefined): [string, number][] {
  if (typeof value === 'number') return [['', value]];
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: SqlValue) => {
    if (entry === null || typeof entry !== 'object' || !('key' in entry)) return [];
    return numbersOf(entry.value).map(([path, number]): [string, number] => [
      path === '' ? String(entry.key) : `${String(entry.key)} / ${path}`,
      number,
    ]);
  });
}

describe('contributions and the baseline sum to the score', () => {
  let db: Everview;
  beforeAll(async () => {
    ({ db } = await openEverview());
    await fillTable(db);
  });
  afterAll(() => db.close());

  it.each(firstOf(everyOther(modelCases), 2))(
    '$name',
    async (family) => {
      await fitCase(db, family);
      const { rows: stored } = await db.query(
        `SELECT parameters FROM everview.model_versions WHERE model = 'm' AND status = 'promoted'`,
      );
      const parameters = readParameters(String(stored[0]?.parameters));
      if (parameters === null) throw new Error('no parameters');
      const { scorer } = parameters;
      const scoreRow = createRowScorer(scorer);
      const { rows: inputs } = await db.query(`SELECT * FROM (${questions}) ORDER BY id`);
      const { rows } = await db.query(`SELECT * FROM EXPLAIN_PREDICT(m, (${questions})) ORDER BY id`);
      const { rows: predicted } = await db.query(`SELECT * FROM PREDICT(m, (${questions})) ORDER BY id`);
      const terms = scorer.features.length + scorer.categories.length;
      let explained = 0;
      rows.forEach(({ score, baseline, contributions, ...row }, index) => {
        expect(row).toEqual(predicted[index]);
        if (score === null) return;
        explained++;
        const scores = scoreRow(inputs[index] ?? {}) ?? [];
        const told = numbersOf(score).map(([, number]) => number);
        const base = numbersOf(baseline).map(([, number]) => number);
        const parts = numbersOf(contributions);
        expect([told.length, base.length, parts.length]).toEqual([
          scores.length,
          scores.length,
          scores.length * terms,
        ]);
        scores.forEach((wanted, k) => {
          const own = parts.slice(k * terms, (k + 1) * terms).map(([, number]) => number);
          const size = Math.max(1, Math.abs(base[k] ?? 0), ...own.map(Math.abs));
          const sum = own.reduce((total, one) => total + one, base[k] ?? 0);
          expect(Math.abs(sum - wanted) / size).toBeLessThan(1e-9);
          expect(Math.abs((told[k] ?? Number.NaN) - wanted) / size).toBeLessThan(1e-9);
        });
      });
      expect(explained).toBeGreaterThan(20);
    },
    60_000,
  );

  it('are those of the features that the score reads', async () => {
    await fitCase(db, {
      name: '',
      label: 'y',
      options: 'method = ridge, l2 = 0.01',
      features: 'x, kind',
    });
    const { rows } = await db.query(
      `SELECT contributions['x'] AS x, contributions['kind'] AS kind, baseline, prediction
       FROM EXPLAIN_PREDICT(m, (SELECT 2.0 AS x, 'k1' AS kind))`,
    );
    const [row] = rows;
    const { weights } = await db.weights('m');
    const x = weights.find(({ feature }) => feature === 'x');
    const level = weights.find(({ level }) => level === 'k1');
    expect(row?.x).toBeCloseTo((x?.weight ?? 0) * (2 - (x?.center ?? 0)), 9);
    expect(row?.kind).toBeCloseTo(level?.weight ?? 0, 9);
    expect(Number(row?.x) + Number(row?.kind) + Number(row?.baseline)).toBeCloseTo(
      Number(row?.prediction),
      9,
    );
  });

  it('are refused where a column has the name', async () => {
    await expect(
      db.query(`SELECT * FROM EXPLAIN_PREDICT(m, (SELECT 2.0 AS x, 'k1' AS kind, 1 AS score))`),
    ).rejects.toMatchObject({ code: 'invalid-query', message: expect.stringContaining('"score"') });
    await expect(db.query('SELECT * FROM EXPLAIN_PREDICT(m)')).rejects.toMatchObject({
      code: 'invalid-query',
      hint: expect.stringContaining('EXPLAIN_PREDICT(m, (SELECT …))'),
      at: { offset: 14, length: 15 },
    });
  });
});
