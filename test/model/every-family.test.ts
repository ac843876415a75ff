import { describe, expect, it } from 'vitest';
import { methods } from '../../src/declare/methods.ts';
import { readParameters } from '../../src/model/parameters-json.ts';
import { createRowPredictor } from '../../src/model/predict-row.ts';
import { answers, certifiedFamilies, exactFamilies, heuristicFamilies } from '../support/family-cases.ts';
import { playFamilyHistory, questions } from '../support/family-history.ts';

const families = [...exactFamilies, ...certifiedFamilies, ...heuristicFamilies];

it('every method is among the cases', () => {
  const played = families.map(({ options }) => /method = (\w+)/.exec(options)?.[1]);
  expect([...new Set(played)].sort()).toEqual([...methods].sort());
});

describe('a row alone is answered as in SQL', () => {
  it.each(families)(
    '$name',
    async (family) => {
      await playFamilyHistory(family, 61, 1, async (db) => {
        await db.refresh('m');
        const { rows: versions } = await db.query(
          `SELECT parameters FROM everview.model_versions WHERE model = 'm'`,
        );
        const parameters = readParameters(String(versions[0]?.parameters));
        if (parameters === null) throw new Error('the model has no version');
        const predict = createRowPredictor(parameters);
        const { rows } = await db.query(`SELECT * FROM ${questions} ORDER BY i`);
        const own = await answers(db);
        expect(own?.length).toBe(25);
        rows.forEach((row, index) => {
          for (const [column, value] of Object.entries(predict(row) ?? {})) {
            const inSql = own?.[index]?.[column];
            if (typeof value !== 'number') expect(String(inSql), `${column} of ${index}`).toBe(String(value));
            else
              expect(Math.abs(Number(inSql) - value), `${column} of ${index}`).toBeLessThanOrEqual(
                1e-9 * Math.max(1, Math.abs(value)),
              );
          }
        });
      });
    },
    60_000,
  );
});
