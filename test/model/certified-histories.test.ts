import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/index.ts';
import { depth, everyOther, firstOf, longTests } from '../support/depth.ts';
import { answers, certifiedFamilies } from '../support/family-cases.ts';
import { type FamilyCase, fromScratch, playFamilyHistory } from '../support/family-history.ts';
import { forcedRefresh } from '../support/open-everview.ts';

const numbers = 'x, far, tiny, hole, flag, kind';

/** Rounding, and what a fit from scratch leaves to its own tolerance. */
const negligible = 1e-7;

/** The numbers that `prediction_bound` is about: probabilities, or the mean that is predicted. */
function boundedColumns(row: Row): string[] {
  const probabilities = Object.keys(row).filter((name) => name.startsWith('probability'));
  return probabilities.length > 0 ? probabilities : ['prediction'];
}

describe('a certified model kept through a history is as near to one fitted from scratch as it says', () => {
  it.each(firstOf(everyOther(certifiedFamilies)))(
    '$name',
    async (family) => {
      let checks = 0;
      let told = 0;
      await playFamilyHistory(family, 977, depth(4, 12), async (db, clock) => {
        await db.execute('REFRESH m INCREMENTAL');
        const scratch = await fromScratch(db, clock, family);
        const [own, exact] = [await answers(db), await answers(scratch)];
        await scratch.close();
        expect(own === null).toBe(exact === null);
        own?.forEach((row, index) => {
          const other = exact?.[index] ?? {};
          for (const column of boundedColumns(row)) {
            const allowed = Number(row.prediction_bound) + Number(other.prediction_bound) + negligible;
            const scale = Math.max(1, Math.abs(Number(other[column])));
            expect(Math.abs(Number(row[column]) - Number(other[column])) / scale).toBeLessThanOrEqual(
              allowed,
            );
            checks += 1;
          }
          if (row.prediction_certain === true && other.prediction_certain === true) {
            expect(row.prediction).toEqual(other.prediction);
            told += 1;
          }
        });
      });
      expect(checks).toBeGreaterThan(75);
      if (family.label === 'yes' || family.label === 'class') expect(told).toBeGreaterThan(50);
    },
    120_000,
  );

  longTests(() => {
    it('is anchored anew when max_effect asks for more than the change alone can prove', async () => {
      if (forcedRefresh() === 'full') return;
      const strict: FamilyCase = {
        name: 'strict',
        label: 'yes',
        options: 'method = logistic, l2 = 0.5, max_effect = 1e-12',
        features: numbers,
      };
      const reasons = new Set<unknown>();
      await playFamilyHistory(strict, 5, 4, async (db) => {
        await db.execute('REFRESH m INCREMENTAL');
        const { rows } = await db.query(
          `SELECT reason, kind FROM everview.refreshes WHERE name = 'm' ORDER BY refresh_id DESC LIMIT 1`,
        );
        reasons.add(rows[0]?.reason);
      });
      expect([...reasons]).toContain('certificate-exceeded');
    });
  });
});
