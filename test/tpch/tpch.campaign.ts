import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareDuckdb } from '../support/bare-duckdb.ts';
import { forcedRefresh, openEverview } from '../support/open-everview.ts';
import { TpchRun } from './tpch-run.ts';

const size = { scale: 0.005, seed: 1 };
/** Orders of each refresh: a thousandth of the base, as the specification has it, and at last a twentieth. */
const streams = [8, 375];
/** What the streams leave alone, and Q2, Q11, Q16 and Q20 need to change. */
const lastUpdate = [
  `DELETE FROM lineitem WHERE l_shipdate BETWEEN DATE '1994-01-01' AND DATE '1994-12-31'
     AND l_partkey IN (SELECT p_partkey FROM part WHERE p_name LIKE 'forest%')`,
  'UPDATE partsupp SET ps_supplycost = 1001 - ps_supplycost WHERE ps_partkey % 3 = 1',
  `UPDATE supplier SET s_comment = 'Customer Complaints' WHERE s_suppkey % 10 = 1`,
];

const ways = [
  { way: 'algebraic', forced: 'algebraic', viewOptions: '' },
  { way: 'domain', forced: 'domain', viewOptions: '' },
  { way: 'compensated', forced: null, viewOptions: 'WITH (on_stale_read = compensate)' },
] as const;

describe.each(ways)('the 22 queries of TPC-H as views, $way', ({ forced, viewOptions }) => {
  let run: TpchRun;

  beforeAll(async () => {
    const { db } = await openEverview({ forced });
    run = new TpchRun(db, await BareDuckdb.open(), size);
    await run.load(viewOptions);
  });

  afterAll(() => run.close());

  async function differences(): Promise<string[]> {
    const found: string[] = [];
    for (const query of run.queries) {
      const difference = await run.difference(query);
      if (difference !== null) found.push(`${query.name} ${difference}`);
    }
    return found;
  }

  /** Views with an incremental rung that were never refreshed by one. */
  async function onlyInFull(): Promise<string[]> {
    const { rows } = await run.db.query<{ name: string }>(
      `SELECT name FROM everview.views WHERE maintenance <> 'full' AND name NOT IN
         (SELECT name FROM everview.refreshes WHERE rung IN ('algebraic', 'domain'))`,
    );
    return rows.map((row) => row.name);
  }

  it('are none of them empty, nor NULL where they are one row', async () => {
    const empty: string[] = [];
    for (const { name } of run.queries) {
      const { rows } = await run.db.query(`SELECT * FROM ${name}`);
      if (rows.every((row) => Object.values(row).every((value) => value === null))) empty.push(name);
    }
    expect(empty).toEqual([]);
  });

  it('have the columns that DuckDB gives', async () => {
    for (const { name, sql } of run.queries) {
      const { columns } = await run.db.query(`SELECT * FROM ${name} LIMIT 0`);
      expect({ name, columns }).toEqual({ name, columns: await run.bare.describe(sql) });
    }
  });

  it('equal a recompute by DuckDB itself after every refresh, and all of them change', async () => {
    const unchanged = new Map<string, string>();
    for (const query of run.queries) unchanged.set(query.name, await run.contents(query));
    const check = async (refresh: string) => {
      expect({ refresh, differences: await differences() }).toEqual({ refresh, differences: [] });
      for (const query of run.queries.filter(({ name }) => unchanged.has(name))) {
        if (unchanged.get(query.name) !== (await run.contents(query))) unchanged.delete(query.name);
      }
    };
    await check('load');
    for (const [stream, count] of streams.entries()) {
      await run.insertOrders(count);
      await check(`RF1 ${stream}`);
      await run.deleteOrders(count);
      await check(`RF2 ${stream}`);
    }
    await run.update(lastUpdate);
    await check('last update');
    expect([...unchanged.keys()]).toEqual([]);
    if (forced !== null && forcedRefresh() !== 'full') expect(await onlyInFull()).toEqual([]);
  });
});
