import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/index.ts';
import { depth, everyOther, firstOf } from '../support/depth.ts';
import { answers, exactFamilies } from '../support/family-cases.ts';
import { fromScratch, playFamilyHistory } from '../support/family-history.ts';
import { forcedRefresh } from '../support/open-everview.ts';

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
  it.each(firstOf(everyOther(exactFamilies), 2))(
    '$name',
    async (family) => {
      let incremental = 0;
      await playFamilyHistory(family, 20_011, depth(5, 14), async (db, clock) => {
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
    120_000,
  );
});
