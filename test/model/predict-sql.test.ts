import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Schema } from '../../src/core/schema.ts';
import { predictionColumns } from '../../src/model/head.ts';
import { createRowPredictor } from '../../src/model/predict-row.ts';
import { predictionSql } from '../../src/model/predict-sql.ts';
import type { QuadraticForm, ScoredCategory, ScoredFeature, Scorer } from '../../src/model/scorer.ts';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { firstOf } from '../support/depth.ts';

/** More than one inner product takes. */
const count = 23;
let store: DuckdbStore;

beforeAll(async () => {
  store = await openDuckdbStore(':memory:');
});
afterAll(() => store.close());

/** Centres far beyond their deviation from x9 on; x4 is a whole number, x5 a BOOLEAN. */
function feature(index: number): ScoredFeature {
  const isFar = index >= 9;
  return {
    name: `x${index}`,
    source: { kind: 'column', column: `x${index}` },
    kind: index === 5 ? 'boolean' : 'numeric',
    center: isFar ? 1e9 * (index + 1) : index * 1.5,
    deviation: isFar ? 0.25 : 1 + index / 4,
    weights: [Math.sin(index + 1), Math.cos(index) * 3],
    standardizedWeights: [0, 0],
    missingWeights: [index / 7, -index / 3],
    missingRows: 1,
  };
}

/** Lines over the whole design, over a few of its columns, and over one. */
function form(seed: number): QuadraticForm {
  const size = 2 * count + 17;
  const line = (first: number, end: number) =>
    Array.from({ length: end }, (_, j) => (j < first ? 0 : Math.sin(seed + j) / 9));
  return {
    constants: [0.5, -1, 2, 0],
    rows: [line(0, size), line(2, 6), line(count + 2, count + 3), []],
  };
}

/** Levels that lie close together are found in a list, others by their text. */
function wholeNumbers(name: string, type: string, levels: readonly (string | null)[]): ScoredCategory {
  return {
    name,
    source: { kind: 'column', column: name },
    type,
    levels: levels.map((level, place) => ({ level, weights: [place + 0.1, 3 - place], rows: 1 })),
    unseen: [0.25, -7],
  };
}

function scorer(missing: Scorer['missing'], scores: 1 | 2, isQuadratic: boolean): Scorer {
  const levels = ['a', 'b', null].map((level, place) => ({ level, weights: [place, 2 - place], rows: 1 }));
  const all: Scorer = {
    missing,
    features: Array.from({ length: count }, (_, index) => feature(index)),
    categories: [
      { name: 'c', source: { kind: 'column', column: 'c' }, type: 'VARCHAR', levels, unseen: [-1, 4] },
      wholeNumbers('near', 'BIGINT', ['-1', '2', '0', null]),
      wholeNumbers('far', 'INTEGER', ['7', '-9000', '100000']),
      wholeNumbers('none', 'INTEGER', [null]),
      wholeNumbers('wide', 'BIGINT', ['-1', '0', '1']),
      wholeNumbers('short', 'BIGINT', ['-3', '2', '200']),
    ],
    offsets: [0.75, -2],
    quadratic: isQuadratic ? [form(1), form(2)].slice(0, scores) : null,
    head: { kind: 'identity', columns: ['prediction', 'other'].slice(0, scores) },
    bound: isQuadratic ? { radius: 0.125, form: form(3), certificate: 'local-norm' } : null,
  };
  return { ...all, offsets: all.offsets.slice(0, scores) };
}

/** Rows with nothing missing, then with a NULL, a NaN or an infinity in turn. */
function rowsSql(): string {
  const values = Array.from({ length: count }, (_, index) => {
    const { center, deviation } = feature(index);
    const plain = `${center}::DOUBLE + ${deviation} * sin(i * ${index + 1})`;
    if (index === 4) return `CASE WHEN i % 11 = 7 THEN NULL ELSE i % 9 END::INTEGER AS x4`;
    if (index === 5) return `CASE WHEN i % 11 = 8 THEN NULL ELSE i % 3 = 0 END AS x5`;
    const odd = index === 2 ? `'NaN'::DOUBLE` : index === 3 ? `'inf'::DOUBLE` : index === 10 ? 'NULL' : plain;
    return `CASE WHEN i % 11 = ${index} THEN ${odd} ELSE ${plain} END AS x${index}`;
  });
  const categories = [
    `['a', 'b', NULL, 'never'][1 + i % 4] AS c`,
    `[-1, 0, 1, 2, 3, -2, NULL, ${2n ** 126n}::HUGEINT][1 + i % 8] AS near`,
    `[7, 8, -9000, 100000][1 + i % 5 % 4]::INTEGER AS far`,
    `CASE WHEN i % 29 > 0 THEN 0 END::TINYINT AS none`,
    `['1', '${2n ** 128n - 1n}', '0'][1 + i % 3]::UHUGEINT AS wide`,
    `[2, 200, 253][1 + i % 3]::UTINYINT AS short`,
  ];
  return `SELECT ${[...values, ...categories].join(', ')} FROM range(5000) r(i)`;
}

const kinds = ([1, 2] as const).flatMap((scores) =>
  [false, true].flatMap((isQuadratic) =>
    (['impute', 'drop'] as const).map((missing) => ({ missing, scores, isQuadratic })),
  ),
);

it.each(firstOf(kinds, 3))(
  'gives the same as one row at a time: missing = $missing, $scores scores, with forms: $isQuadratic',
  async ({ missing, scores, isQuadratic }) => {
    const given = scorer(missing, scores, isQuadratic);
    const names = predictionColumns(given).map(({ name }) => name);
    const { rows, schema } = await store.read(
      () => null,
      async (session) => {
        const columns: Schema = await session.describe(rowsSql());
        const answered = await session.rows(predictionSql(given, `(${rowsSql()})`, columns));
        return { rows: answered, schema: columns };
      },
    );
    expect(rows.length).toBe(5_000);
    expect(Object.keys(rows[0] ?? {}).length).toBe(schema.length + names.length);
    const predict = createRowPredictor({ scorer: given });
    let predicted = 0;
    for (const row of rows) {
      const expected = predict(row);
      for (const name of names) {
        const [one, other] = [row[name] ?? null, expected?.[name] ?? null];
        if (other === null) expect(one).toBeNull();
        else
          expect(Math.abs(Number(one) - Number(other))).toBeLessThan(
            1e-12 * Math.max(1, Math.abs(Number(other))),
          );
      }
      predicted += expected === null ? 0 : 1;
    }
    expect(predicted).toBeGreaterThan(1_500);
    expect(predicted).toBeLessThan(5_000);
  },
);
