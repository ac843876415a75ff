import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRowPredictor, type Everview, type Row, type SqlValue } from '../../src/index.ts';
import { exportOnnx } from '../../src/model/export-onnx.ts';
import { readParameters } from '../../src/model/parameters-json.ts';
import { predictionSql } from '../../src/model/predict-sql.ts';
import type { Scorer } from '../../src/model/scorer.ts';
import { everyOther, firstOf } from '../support/depth.ts';
import { answersOfNode, answersOfWeb, type RuntimeAnswer } from '../support/exported-model.ts';
import { fillTable, fitCase, modelCases, questions } from '../support/model-cases.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

describe('an exported model answers as PREDICT does', () => {
  let db: Everview;
  beforeAll(async () => {
    ({ db } = await openEverview());
    await fillTable(db);
  });
  afterAll(() => db.close());

  it.each(firstOf(everyOther(modelCases)))(
    '$name',
    async (family) => {
      await fitCase(db, family);
      const bytes = await db.exportModel('m');
      const { rows: inputs } = await db.query(`SELECT * FROM (${questions}) ORDER BY id`);
      const { rows: answered } = await db.query(`SELECT * FROM PREDICT(m, (${questions})) ORDER BY id`);
      const added = Object.keys(answered[0] ?? {}).filter((name) => !(name in (inputs[0] ?? {})));
      const expected = answered.map((row) =>
        Object.fromEntries(added.map((name) => [name, plain(row[name])])),
      );
      expectAlike(await rowAnswers(db, inputs), expected, 'one row at a time');
      expectAlike(
        await answersOfNode(bytes, textual(inputs, family.options.includes('categorical'))),
        expected,
        'onnxruntime-node',
      );
      expectAlike(
        await answersOfWeb(bytes, textual(inputs, family.options.includes('categorical'))),
        expected,
        'onnxruntime-web',
      );
      expect(await db.exportModel('m')).toEqual(bytes);
      const given = expected.filter((row) => row[added[0] ?? ''] !== null).length;
      expect(given).toBeGreaterThan(20);
    },
    60_000,
  );
});

describe('the exported file', () => {
  const feature = (name: string, weights: readonly number[]) => ({
    name,
    source: { kind: 'column' as const, column: name },
    kind: 'numeric' as const,
    center: 0.5,
    deviation: 1,
    weights,
    standardizedWeights: weights,
    missingWeights: weights.map(() => 0),
    missingRows: 0,
  });
  const scorer: Scorer = {
    missing: 'impute',
    features: [feature('a', [1, -2, 0.5]), feature('b', [0.25, 0, -1])],
    categories: [],
    offsets: [0.1, 0.2, -0.3],
    quadratic: null,
    head: { kind: 'nearest' },
    bound: null,
  };
  const schema = [
    { name: 'a', type: 'DOUBLE' },
    { name: 'b', type: 'INTEGER' },
  ];
  const origin = {
    model: 'm',
    modelVersion: 3,
    dataVersion: 4,
    definitionHash: 'abc',
    method: 'kmeans',
    trainedAtMs: 0,
  };

  it('numbers the nearest cluster of random rows', async () => {
    const random = new Random(4_711);
    const rows = random.list(200, () => ({
      a: random.chance(0.1) ? null : random.int(-400, 400) / 100,
      b: random.chance(0.1) ? Number.POSITIVE_INFINITY : random.int(-3, 3),
    }));
    const predict = createRowPredictor({ scorer });
    const expected = rows.map((row) => ({ prediction: plain(predict(row)?.prediction) }));
    const { bytes } = exportOnnx(scorer, schema, origin);
    expectAlike(await answersOfNode(bytes, rows), expected, 'onnxruntime-node');
    expectAlike(await answersOfWeb(bytes, rows), expected, 'onnxruntime-web');
    expect(new Set(expected.map(({ prediction }) => prediction))).toEqual(new Set([1, 2, 3, null]));
  });

  it.each(firstOf([0.5, 0, 1, 80, 800, Number.POSITIVE_INFINITY]))(
    'bounds a mean whose score is within %d',
    async (radius) => {
      const form = { constants: [1], rows: [[]] };
      const mean: Scorer = {
        ...scorer,
        features: [{ ...feature('a', [1]), center: 0 }],
        offsets: [0],
        head: { kind: 'exponential' },
        bound: { radius, form, certificate: 'ball' },
      };
      const scores = [-800, -20, 0, 3, 700, 710];
      const expected = scores.map((score) => {
        if (score > 709) return { prediction: null, prediction_bound: null };
        const bound = radius === 0 ? 0 : Math.exp(score + radius) * -Math.expm1(-radius);
        return { prediction: Math.exp(score), prediction_bound: bound };
      });
      const rows = scores.map((a) => ({ a }));
      const predict = createRowPredictor({ scorer: mean });
      const own = rows.map((row) => plainRow(predict(row)));
      expectAlike(own, expected, 'one row at a time');
      const columns = [{ name: 'a', type: 'DOUBLE' }];
      const { bytes } = exportOnnx(mean, columns, origin);
      expectAlike(await answersOfNode(bytes, rows), expected, 'onnxruntime-node');
      expectAlike(await answersOfWeb(bytes, rows), expected, 'onnxruntime-web');
      const { db } = await openEverview();
      const values = scores.map((score) => `(${score}::DOUBLE)`).join(', ');
      const sql = predictionSql(mean, `(SELECT a FROM (VALUES ${values}) AS v(a))`, columns);
      const answered = (await db.query<RuntimeAnswer>(sql)).rows;
      await db.close();
      expectAlike(answered, expected, 'SQL');
    },
  );

  it('is refused where a number would come in as a text as well', () => {
    const category = {
      name: 'a',
      source: { kind: 'column' as const, column: 'a' },
      type: 'DOUBLE',
      levels: [{ level: '1.0', weights: [1, 2, 3], rows: 2 }],
      unseen: [0, 0, 0],
    };
    expect(() => exportOnnx({ ...scorer, categories: [category] }, schema, origin)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('"a", DOUBLE') }),
    );
  });

  it('is refused where a level is the text that means missing', () => {
    const category = {
      name: 'c',
      source: { kind: 'column' as const, column: 'c' },
      type: 'VARCHAR',
      levels: [{ level: '\uffff', weights: [1, 2, 3], rows: 2 }],
      unseen: [0, 0, 0],
    };
    const wider = [...schema, { name: 'c', type: 'VARCHAR' }];
    expect(() => exportOnnx({ ...scorer, categories: [category] }, wider, origin)).toThrow(/U\+FFFF/);
  });
});

/** Dates that are categories come as the text that DuckDB prints. */
function textual(rows: readonly Row[], isText: boolean): readonly Row[] {
  if (!isText) return rows;
  return rows.map((row) => ({
    ...row,
    day: row.day instanceof Date ? row.day.toISOString().slice(0, 10) : null,
  }));
}

async function rowAnswers(db: Everview, inputs: readonly Row[]): Promise<RuntimeAnswer[]> {
  const { rows } = await db.query(
    `SELECT parameters FROM everview.model_versions WHERE model = 'm' AND status = 'promoted'`,
  );
  const parameters = readParameters(String(rows[0]?.parameters));
  if (parameters === null) throw new Error('no parameters');
  const predict = createRowPredictor(parameters);
  return inputs.map((row) => plainRow(predict(row)));
}

function plainRow(values: Row | null): RuntimeAnswer {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, plain(value)]));
}

function plain(value: SqlValue | undefined): number | string | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'boolean' ? value : String(value);
}

/** Classes are texts in a row's prediction and in a file. */
function expectAlike(own: readonly RuntimeAnswer[], expected: readonly RuntimeAnswer[], who: string): void {
  const largest = Math.max(
    1e-3,
    ...expected.flatMap((row) =>
      Object.values(row).map((v) => (Number.isFinite(v) ? Math.abs(Number(v)) : 0)),
    ),
  );
  expected.forEach((row, index) => {
    for (const [name, value] of Object.entries(row)) {
      const other = own[index]?.[name] ?? null;
      const told = `${who}: ${name} of row ${index}`;
      if (typeof value === 'number' && typeof other === 'number' && value !== other)
        expect(
          Math.abs(other - value) / Math.min(largest, Math.max(1e-3, Math.abs(value))),
          told,
        ).toBeLessThan(1e-9);
      else if (name === 'prediction_certain' && value === null) expect(other ?? false, told).toBe(false);
      else expect(other === null ? null : String(other), told).toBe(value === null ? null : String(value));
    }
  });
}
