import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

const dayMs = 86_400_000;

/** A row an hour that end at `until`; the labels lean on x by `slope`. */
function daysSql(first: number, until: string, slope: number, hours: number): string {
  return `SELECT ${first} + i AS id, TIMESTAMP '${until}' - i * INTERVAL '1 hour' AS moment, sin(i * 1.3) AS x,
    'k' || (i % 3) AS kind, ${slope} * sin(i * 1.3) + i % 3 + cos(i * 7.7) / 3 AS y,
    CASE WHEN ${slope} * sin(i * 1.3) + cos(i * 7.7) > 0 THEN 'yes' ELSE 'no' END AS class FROM range(${hours}) r(i)`;
}

describe('statements about the versions of a model', () => {
  let db: Everview;
  let clock: SimulatedClock;
  let directory: string;

  beforeAll(async () => {
    ({ db, clock } = await openEverview());
    await db.sql(`CREATE TABLE t (id INTEGER PRIMARY KEY, moment TIMESTAMP NOT NULL, x DOUBLE, kind VARCHAR, y DOUBLE, class VARCHAR);
      CREATE TRAINING SET s WITH (label = y, event_time = moment, holdout = INTERVAL '3 days') AS SELECT moment, x, kind, y FROM t;
      CREATE TRAINING SET c WITH (label = class, event_time = moment, holdout = INTERVAL '3 days') AS SELECT moment, x, kind, class FROM t;
      CREATE MODEL delay WITH (method = ridge) AS SELECT x, kind FROM s;
      CREATE MODEL late WITH (method = logistic) AS SELECT x, kind FROM c;
      CREATE MODEL bare WITH (method = ridge) AS SELECT x FROM s;
      CREATE VIEW v AS SELECT x FROM t;
      INSERT INTO t ${daysSql(0, '2001-05-31 12:00:00', 4, 120)}; REFRESH delay; REFRESH late`);
    clock.advanceMs(10 * dayMs);
    await db.sql(
      `INSERT INTO t ${daysSql(1_000, '2001-06-10 12:00:00', -4, 240)}; REFRESH delay; REFRESH late`,
    );
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'everview-export-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  describe('EXPORT MODEL', () => {
    it('writes the version that answers, and tells what it takes and gives', async () => {
      const path = join(directory, "it's.onnx");
      const result = await db.execute(`EXPORT MODEL Delay TO '${path.replaceAll("'", "''")}'`);
      expect(result).toMatchObject({ kind: 'export-model', message: expect.stringContaining('version 2') });
      expect(result.rows.map(({ role, name, type }) => [role, name, type])).toEqual([
        ['input', 'x', 'double'],
        ['input', 'kind', 'string'],
        ['output', 'prediction', 'double'],
      ]);
      const bytes = await readFile(path);
      expect(new Uint8Array(bytes)).toEqual(new Uint8Array(await db.exportModel('delay')));
      const session = await InferenceSession.create(bytes);
      expect(session.inputNames).toEqual(['x', 'kind']);
      await session.release();
      const text = bytes.toString('latin1');
      for (const told of ['everview', 'definition_hash', 'data_version', 'model_version', 'missing_text'])
        expect(text).toContain(told);
      expect(await readdir(directory)).toEqual(["it's.onnx"]);
    });

    it('leaves the old file, and nothing else, when it fails', async () => {
      const path = join(directory, 'm.onnx');
      await writeFile(path, 'old');
      const failure = await failureOf(db.execute(`EXPORT MODEL bare TO '${path}'`));
      expect(failure).toMatchObject({ code: 'no-model-version', place: '1:14+4' });
      expect(failure.hint).toContain('REFRESH');
      expect(await readFile(path, 'utf8')).toBe('old');
      await db.execute(`EXPORT MODEL delay TO '${path}'`);
      expect((await readFile(path)).length).toBeGreaterThan(500);
      expect(await readdir(directory)).toEqual(['m.onnx']);
    });

    it('points at a path that cannot be written', async () => {
      await mkdir(join(directory, 'taken'));
      await writeFile(join(directory, 'file'), '');
      for (const [path, hint] of [
        [join(directory, 'no', 'm.onnx'), 'there is no directory'],
        [join(directory, 'file', 'm.onnx'), 'is no directory'],
        [join(directory, 'taken'), 'give the path of a file'],
        ['', 'give the path of a file'],
      ] as const) {
        const statement = `EXPORT MODEL delay TO '${path}'`;
        const failure = await failureOf(db.execute(statement));
        expect(failure).toMatchObject({ code: 'file-error', hint: expect.stringContaining(hint) });
        expect(failure.place).toBe(`1:23+${path.length + 2}`);
      }
      expect((await readdir(directory)).sort()).toEqual(['file', 'taken']);
    });

    it('writes through a link to the file it names', async () => {
      await writeFile(join(directory, 'real.onnx'), 'old');
      await symlink('real.onnx', join(directory, 'link.onnx'));
      await db.execute(`EXPORT MODEL delay TO '${join(directory, 'link.onnx')}'`);
      expect((await readFile(join(directory, 'real.onnx'))).length).toBeGreaterThan(500);
    });

    it.each([
      ["EXPORT MODEL dellay TO 'x'", 'unknown-relation', 13, 6, 'did you mean "delay"?'],
      ["EXPORT MODEL t TO 'x'", 'wrong-kind', 13, 1, 'delay'],
      ["EXPORT MODEL delay 'x'", 'syntax-error', 19, 3, ''],
      ["EXPORT DATABASE 'x'", 'unsupported', 7, 8, 'EXPORT MODEL'],
      ['EXPORT MODEL delay TO x', 'syntax-error', 22, 1, ''],
      ['WEIGHTS OF dellay', 'unknown-relation', 11, 6, 'did you mean "delay"?'],
      ['WEIGHTS OF delay VERSION 9', 'no-model-version', 25, 1, 'it has 1, 2'],
      ['WEIGHTS OF delay VERSION 0', 'syntax-error', 25, 1, 'from 1'],
      ['WEIGHTS OF delay VERSION 1.5', 'syntax-error', 25, 3, 'from 1'],
      ['WEIGHTS OF v', 'wrong-kind', 11, 1, 'delay'],
      ['WEIGHTS OF bare', 'no-model-version', 11, 4, 'REFRESH'],
      ['WEIGHT OF delay', 'syntax-error', 0, 6, 'did you mean WEIGHTS?'],
      ['COMPARE delay VERSION 1 WITH 7', 'no-model-version', 29, 1, 'it has 1, 2'],
      ['COMPARE delay VERSION 1', 'syntax-error', 22, 1, ''],
      ['COMPARE delay WITH 2', 'syntax-error', 14, 4, ''],
      ['SELECT predict(delay, x) FROM t', 'invalid-query', 7, 7, 'it stands in FROM'],
      ['FROM PREDICT(delay, SELECT x, kind FROM t)', 'syntax-error', 20, 1, 'PREDICT(model, (SELECT …))'],
      ['FROM t AT VERSION 1', 'syntax-error', 10, 1, 'AT (VERSION => …)'],
    ])('%s is refused at its place', async (statement, code, offset, length, hint) => {
      const failure = await failureOf(db.execute(statement));
      expect([failure.code, failure.place]).toEqual([code, `1:${offset + 1}+${length}`]);
      expect(failure.hint ?? '').toContain(hint);
    });

    it('is refused for words in buckets', async () => {
      await db.sql(`CREATE TRAINING SET h WITH (label = y) AS SELECT kind, x, y FROM t;
        CREATE MODEL hashed WITH (method = ridge, expand = (hash(kind, 4))) AS SELECT * FROM h; REFRESH hashed`);
      const failure = await failureOf(db.exportModel('hashed'));
      expect(failure).toMatchObject({ code: 'unsupported', message: expect.stringContaining('MD5') });
      expect(failure.hint).toContain('without hash');
    });
  });

  describe('WEIGHTS', () => {
    it('are those of the formula', async () => {
      const { rows, message } = await db.execute('WEIGHTS OF delay');
      expect(message).toBe('version 2 of model "delay"');
      const intercept = Number(rows.find(({ kind }) => kind === 'intercept')?.weight);
      const x = Number(rows.find(({ feature }) => feature === 'x')?.weight);
      const level = Number(rows.find((row) => row.level === 'k2')?.weight);
      const { rows: answers } = await db.query(
        `SELECT prediction FROM PREDICT(delay, (SELECT 0.7 AS x, 'k2' AS kind))`,
      );
      expect(Number(answers[0]?.prediction)).toBeCloseTo(intercept + 0.7 * x + level, 9);
      expect(rows.map(({ kind }) => kind)).toEqual([
        'intercept',
        'numeric',
        'level',
        'level',
        'level',
        'unseen',
      ]);
      const levels = rows.filter(({ kind }) => kind === 'level').map((row) => Number(row.rows));
      expect(levels.reduce((total, n) => total + n, 0)).toBe(Number(rows[0]?.rows));
    });

    it('are there of every version, in TypeScript too', async () => {
      const first = await db.weights('delay', { version: 1 });
      const { rows } = await db.execute('WEIGHTS OF delay VERSION 1');
      expect(first.version).toBe(1);
      expect(rows.map(({ weight }) => weight)).toEqual(first.weights.map(({ weight }) => weight));
      expect(first.weights).not.toEqual((await db.weights('delay')).weights);
    });

    it('name the class that a score is of', async () => {
      const { weights } = await db.weights('late');
      expect(new Set(weights.map(({ score }) => score))).toEqual(new Set(['yes']));
    });
  });

  describe('COMPARE', () => {
    it('holds numbers side by side on the hold-out', async () => {
      const comparison = await db.compare('delay', 1, 2, { tolerance: 1 });
      const [first, second] = [
        await db.weights('delay', { version: 1 }),
        await db.weights('delay', { version: 2 }),
      ];
      const slope = comparison.weights.find(({ feature }) => feature === 'x');
      const of = (weights: typeof first.weights) =>
        weights.find(({ feature }) => feature === 'x')?.weight ?? 0;
      expect(slope).toMatchObject({ before: of(first.weights), after: of(second.weights) });
      expect(slope?.difference).toBeCloseTo(of(second.weights) - of(first.weights), 12);
      const intercepts = [first, second].map(({ weights }) => weights);
      const answer = (version: number) => {
        const weights = intercepts[version] ?? [];
        const levels = weights.filter(({ kind }) => kind === 'level');
        const cases = levels.map(({ level, weight }) => `WHEN '${level}' THEN ${weight}`).join(' ');
        return `(${weights[0]?.weight} + ${of(weights)} * x + CASE kind ${cases} END)`;
      };
      const until = new Date(clock.nowMs()).toISOString().replace('T', ' ').replace('Z', '');
      const window = `FROM t WHERE moment > TIMESTAMP '${until}' - INTERVAL '3 days' AND moment <= TIMESTAMP '${until}'`;
      const { rows } =
        await db.query(`SELECT count(*)::INTEGER AS n, sqrt(avg((y - ${answer(0)}) ** 2)) AS before,
        sqrt(avg((y - ${answer(1)}) ** 2)) AS after,
        count_if(abs(y - ${answer(0)}) <= 1 AND abs(y - ${answer(1)}) > 1)::INTEGER AS negative,
        count_if(abs(y - ${answer(0)}) > 1 AND abs(y - ${answer(1)}) <= 1)::INTEGER AS positive,
        max(abs(${answer(0)} - ${answer(1)})) AS largest ${window}`);
      const [wanted] = rows;
      const rmse = comparison.metrics.find(({ metric }) => metric === 'rmse');
      expect(comparison.rows).toBe(wanted?.n);
      expect(comparison.rows).toBeGreaterThan(20);
      expect(rmse?.before).toBeCloseTo(Number(wanted?.before), 9);
      expect(rmse?.after).toBeCloseTo(Number(wanted?.after), 9);
      expect(comparison.flips).toEqual([
        { tolerance: 1, negative: wanted?.negative, positive: wanted?.positive },
      ]);
      expect(comparison.moves).toMatchObject({ rows: wanted?.n, answered: wanted?.n, moved: wanted?.n });
      expect(comparison.moves?.largestMove).toBeCloseTo(Number(wanted?.largest), 9);
    });

    it('counts flips of classes', async () => {
      const comparison = await db.compare('late', 1, 2);
      const accuracy = comparison.metrics.find(({ metric }) => metric === 'accuracy');
      const [flips] = comparison.flips;
      expect(flips?.tolerance).toBeNull();
      expect((flips?.negative ?? 0) + (flips?.positive ?? 0)).toBeGreaterThan(0);
      const gained = ((flips?.positive ?? 0) - (flips?.negative ?? 0)) / comparison.rows;
      expect(accuracy?.difference).toBeCloseTo(gained, 12);
      expect(comparison.moves?.moved).toBe((flips?.negative ?? 0) + (flips?.positive ?? 0));
      const back = await db.compare('late', 2, 1);
      expect(back.flips[0]).toMatchObject({ negative: flips?.positive, positive: flips?.negative });
    });

    it('is a table of what differs', async () => {
      const { rows, message, columns } = await db.execute(
        'COMPARE delay VERSION 1 WITH VERSION 2 TOLERANCE 0.5',
      );
      expect(columns.map(({ name }) => name)).toEqual([
        'part',
        'name',
        'score',
        'level',
        'kind',
        'before',
        'after',
        'difference',
      ]);
      expect([...new Set(rows.map(({ part }) => part))]).toEqual([
        'rows',
        'metric',
        'flips',
        'moves',
        'weight',
      ]);
      expect(rows.filter(({ part }) => part === 'flips').map(({ name }) => name)).toEqual([
        'negative, tolerance 0.5',
        'positive, tolerance 0.5',
      ]);
      expect(message).toMatch(
        /^model "delay": version 1 before, version 2 after, on \d+ rows of the hold-out as of data version \d+$/,
      );
    });

    it('is of the training set as last refreshed, and says which version that is', async () => {
      const before = await db.compare('delay', 1, 2);
      await db.sql(`INSERT INTO t SELECT * REPLACE (id + 100000 AS id) FROM t LIMIT 1`);
      const after = await db.compare('delay', 1, 2);
      expect(after).toEqual(before);
      expect(after.dataVersion).toBeLessThan(db.version);
    });

    it.each<[Record<string, number>, string]>([
      [{ version: 1.5 }, 'options.version: a whole number'],
      [{ version: 0 }, 'versions count from 1'],
      [{ vresion: 1 }, 'options: Unrecognized key: "vresion"'],
    ])('and WEIGHTS refuse %o', async (options, message) => {
      const failure = { code: 'invalid-option', message: expect.stringContaining(message) };
      await expect(db.weights('delay', options)).rejects.toMatchObject(failure);
    });

    it('refuses versions and tolerances that are none', async () => {
      const refused = (message: string) => ({ code: 'invalid-option', message });
      await expect(db.compare('delay', 1, Number.NaN)).rejects.toMatchObject(
        refused('compare(): after: the number of a version'),
      );
      await expect(db.compare('late', 1, 2, { tolerance: 1 })).rejects.toMatchObject({
        code: 'invalid-option',
        message: expect.stringMatching(/"late" predicts no number/),
      });
      await expect(db.compare('delay', 1, 2, { tolerance: -1 })).rejects.toMatchObject(
        refused(expect.stringContaining('options.tolerance')),
      );
    });

    it('compares weights where there is no hold-out', async () => {
      await db.sql(`CREATE TRAINING SET n WITH (label = y) AS SELECT x, y FROM t;
        CREATE MODEL plain WITH (method = ridge) AS SELECT x FROM n; REFRESH plain`);
      const comparison = await db.compare('plain', 1, 1);
      expect(comparison).toMatchObject({ rows: 0, metrics: [], moves: null });
      expect(comparison.note).toContain('has no holdout');
      expect(comparison.weights.map(({ difference }) => difference)).toEqual([0, 0]);
      expect((await db.execute('COMPARE plain VERSION 1 WITH 1')).message).toContain('has no holdout');
    });
  });
});
