import { describe, expect, it } from 'vitest';
import type { Row } from '../../../src/index.ts';
import { readParameters } from '../../../src/model/parameters-json.ts';
import { answers, heuristicFamilies } from '../../support/family-cases.ts';
import { type FamilyCase, fromScratch, playFamilyHistory } from '../../support/family-history.ts';
import { forcedRefresh } from '../../support/open-everview.ts';

type Step = { readonly answers: readonly Row[] | null; readonly kind: unknown; readonly reason: unknown };

/** A history with closing and opening in between; every step is looked at by itself. */
async function play(family: FamilyCase, seed: number): Promise<Step[]> {
  const steps: Step[] = [];
  await playFamilyHistory(family, seed, 7, async (db, clock) => {
    await db.execute('REFRESH m INCREMENTAL');
    const { rows: refreshes } = await db.query(
      `SELECT kind, reason FROM everview.refreshes WHERE name = 'm' ORDER BY refresh_id DESC LIMIT 1`,
    );
    const own = await answers(db);
    const scratch = await fromScratch(db, clock, family);
    const other = await answers(scratch);
    await scratch.close();
    expect(own === null).toBe(other === null);
    if (own !== null) {
      const { rows: versions } = await db.query(
        `SELECT parameters, rows FROM everview.model_versions WHERE model = 'm' ORDER BY version DESC LIMIT 1`,
      );
      const details = readParameters(String(versions[0]?.parameters))?.details;
      const sizes = Array.isArray(details?.cluster_rows) ? details.cluster_rows.map(Number) : [];
      expect(sizes.reduce((total, rows) => total + rows, 0)).toBe(Number(versions[0]?.rows));
      expect(Number(details?.inertia)).toBeGreaterThanOrEqual(0);
      for (const { prediction } of own) {
        expect(Number(prediction)).toBeGreaterThanOrEqual(1);
        expect(Number(prediction)).toBeLessThanOrEqual(sizes.length);
      }
    }
    steps.push({ answers: own, kind: refreshes[0]?.kind, reason: refreshes[0]?.reason });
  });
  return steps;
}

describe('k-means kept through a history', () => {
  it.each(heuristicFamilies)(
    '$name: counts its rows, says why it looks again, and does the same again',
    async (family) => {
      const steps = await play(family, 41);
      expect(await play(family, 41)).toEqual(steps);
      if (forcedRefresh() === 'full') return;
      const reasons = steps.filter(({ kind }) => kind === 'full').map(({ reason }) => reason);
      const known = ['first-build', 'heuristic-drift', 'state-rebase', 'too-few-rows'];
      expect(reasons.filter((reason) => !known.includes(String(reason)))).toEqual([]);
      expect(steps.filter(({ kind }) => kind === 'incremental').length).toBeGreaterThan(0);
    },
    120_000,
  );
});
