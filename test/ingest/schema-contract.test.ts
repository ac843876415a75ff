import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Int32, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { schemaDifference } from '../../src/core/schema-contract.ts';
import type { Everview } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

const wanted = [
  { name: 'id', type: 'INTEGER' },
  { name: 'departs', type: 'TIMESTAMP' },
  { name: 'delay', type: 'INTEGER' },
];

const given = (...names: string[]) => names.map((name) => ({ name, type: null }));

describe('how columns differ', () => {
  it('is nothing where they are the same in whatever order and case', () => {
    expect(schemaDifference(wanted, given('Delay', 'ID', 'departs'))).toEqual({
      added: [],
      missing: [],
      renamed: [],
    });
  });

  it('guesses a rename by the nearest name, each name once', () => {
    expect(schemaDifference(wanted, given('id', 'depart', 'dep_delay'))).toMatchObject({
      missing: ['departs', 'delay'],
      added: ['depart', 'dep_delay'],
      renamed: [
        { was: 'departs', is: 'depart' },
        { was: 'delay', is: 'dep_delay' },
      ],
    });
  });

  it('guesses one by type and place where the names say nothing, and none otherwise', () => {
    const typed = [wanted[0], wanted[1], { name: 'minutes_late', type: 'INTEGER' }].flatMap(
      (one) => one ?? [],
    );
    expect(schemaDifference(wanted, typed).renamed).toEqual([{ was: 'delay', is: 'minutes_late' }]);
    expect(schemaDifference(wanted, given('id', 'departs', 'minutes_late')).renamed).toEqual([]);
  });
});

describe('columns that come', () => {
  let db: Everview;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'everview-schema-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    ({ db } = await openEverview());
    await db.execute(`CREATE TABLE t (id INTEGER, k VARCHAR, x INTEGER DEFAULT 7)`);
  });
  afterEach(() => db.close());

  const copy = async (text: string) => {
    const path = join(folder, 'rows.csv');
    await writeFile(path, text);
    return (await db.execute(`COPY t FROM '${path}'`)).update;
  };

  it('beside all of the table are a notice, and nothing is kept of them', async () => {
    const file = await copy('note,id,x,k\nfirst,1,10,a\n');
    const rows = await db.insert('t', [{ id: 2, k: 'b', x: 20, note: 'second' }]);
    const arrow = await db.insert(
      't',
      new Table({
        id: vectorFromArray([3], new Int32()),
        k: vectorFromArray(['c'], new Utf8()),
        x: vectorFromArray([30], new Int32()),
        note: vectorFromArray(['third'], new Utf8()),
      }),
    );
    for (const result of [file, rows, arrow]) {
      expect(result).toMatchObject({ status: 'accepted', reason: 'columns-ignored', inserted: 1 });
      expect(result?.warnings).toEqual([
        expect.stringMatching(/has column "note", which "t" does not take and nothing was kept of$/),
      ]);
    }
    expect((await db.query('SELECT * FROM t ORDER BY id')).rows).toEqual([
      { id: 1, k: 'a', x: 10 },
      { id: 2, k: 'b', x: 20 },
      { id: 3, k: 'c', x: 30 },
    ]);
    const { rows: told } = await db.query('SELECT reason, message FROM everview.updates');
    expect(told).toHaveLength(3);
    for (const row of told)
      expect(row).toMatchObject({ reason: 'columns-ignored', message: expect.stringContaining('note') });
  });

  it('in place of one of the table are refused, in whatever row, with a guess', async () => {
    const failures = [
      await failureOf(copy('id,kk,x\n1,a,10\n')),
      await failureOf(
        db.insert('t', [
          { id: 1, k: 'a', x: 1 },
          { id: 2, kk: 'b', x: 2 },
        ]),
      ),
      await failureOf(
        db.insert(
          't',
          new Table({ id: vectorFromArray([3], new Int32()), kk: vectorFromArray(['c'], new Utf8()) }),
        ),
      ),
    ];
    for (const failure of failures) {
      expect(failure.code).toBe('schema-mismatch');
      expect(failure.hint).toContain('"k" seems to be called "kk" now');
    }
    expect(failures[1]?.message).toContain('row 2 has a column "kk"');
    expect(failures[0]?.data).toMatchObject({
      added: ['kk'],
      missing: ['k'],
      renamed: [{ was: 'k', is: 'kk' }],
    });
    expect(db.version).toBe(0);
  });

  it('may be left out of rows, and take their default, where no other stands for them', async () => {
    await db.insert('t', [{ id: 1, k: 'a' }]);
    expect((await db.query('SELECT x FROM t')).rows).toEqual([{ x: 7 }]);
    expect((await failureOf(copy('id,k\n1,a\n'))).code).toBe('schema-mismatch');
  });
});
