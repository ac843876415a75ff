import { describe, expect, it } from 'vitest';
import { type Answer, type Everview, EverviewError } from '../../src/index.ts';
import { depth, firstOf, longTests } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import {
  type BankPolicy,
  type BankView,
  bankPolicies,
  bankViews,
  TransferBank,
} from '../support/transfer-bank.ts';

/** Queries of which each sees several relations; all must show the one version their answer names. */
const questions = {
  'total of a chain': `SELECT coalesce(sum(total), 0) AS zero FROM total`,
  'total of the balances': `SELECT coalesce(sum(balance), 0) AS zero FROM balance`,
  'both sides of the diamond': `SELECT coalesce((SELECT sum(amount) FROM credits), 0) - coalesce((SELECT sum(amount) FROM debits), 0) AS zero`,
  'a view against its table': `SELECT coalesce((SELECT sum(amount) FROM credits), 0) - (SELECT count(*) FROM transfers) AS zero`,
  'the chain against the table': `SELECT coalesce(sum(abs(b.balance - coalesce(t.balance, 0))), 0) AS zero FROM balance b
     LEFT JOIN (SELECT account, sum(amount) AS balance FROM (
       SELECT target AS account, amount FROM transfers UNION ALL SELECT source, -amount FROM transfers) GROUP BY account) t
     ON t.account = b.account`,
  'two ways to one balance': `SELECT coalesce(sum(p.balance - b.balance), 0) AS zero FROM pairs p JOIN balance b ON b.account = p.account`,
} as const;

/** What a query may ask of freshness itself; most say nothing. */
const asked = [
  '',
  '',
  ' WITH (on_stale_read = compensate)',
  " WITH (max_staleness = INTERVAL '0 seconds', on_stale_read = compensate)",
  " WITH (max_staleness = INTERVAL '10 seconds', on_stale_read = compensate)",
  ' WITH (on_stale_read = serve)',
  ' WITH (max_rows = 4, on_stale_read = serve)',
  ' WITH (max_rows = 4)',
  ' WITH (on_stale_read = refresh)',
] as const;

/** Null when a view refuses because it is staler than it may be. */
async function ask(db: Everview, sql: string, mayFail: boolean): Promise<Answer | null> {
  try {
    return await db.query(sql);
  } catch (failure) {
    if (mayFail && failure instanceof EverviewError && failure.code === 'staleness-exceeded') return null;
    throw failure;
  }
}

function drawPolicies(random: Random): Record<BankView, BankPolicy> {
  const all = Object.keys(bankPolicies) as BankPolicy[];
  const uniform = random.chance(0.3) ? random.pick(all) : null;
  return Object.fromEntries(bankViews.map((view) => [view, uniform ?? random.pick(all)])) as Record<
    BankView,
    BankPolicy
  >;
}

async function checkBalances(bank: TransferBank, answer: Answer | null): Promise<void> {
  if (answer === null) return;
  const expected = [...bank.stateAt(answer.version).balances].sort(([a], [b]) => a - b);
  expect(answer.rows.map((row) => [Number(row.account), Number(row.balance)])).toEqual(expected);
}

/** Law 3: an answer shows one version, names it, and never passes stale contents off as fresh. */
describe('law 3, consistency', () => {
  it.each(firstOf(depth([11, 12], [11, 12, 13, 14, 15, 16, 17, 18, 19, 20])))(
    'neither wins nor loses money under any policies, seed %i',
    async (seed) => {
      const random = new Random(seed);
      const { db, clock } = await openEverview();
      await using _ = db;
      const bank = new TransferBank(db, random);
      const policies = drawPolicies(random);
      const mayFail = Object.values(policies).includes('fail');
      await bank.declare(policies);

      const asks = async () => {
        const [name, sql] = random.pick(Object.entries(questions));
        const policy = random.pick(asked);
        const answer = await ask(db, `${sql}${policy}`, mayFail);
        if (answer !== null)
          expect({ name, policy, version: answer.version, zero: Number(answer.rows[0]?.zero) }).toMatchObject(
            {
              name,
              policy,
              zero: 0,
            },
          );
      };
      const looks = async () =>
        checkBalances(
          bank,
          await ask(db, `SELECT * FROM balance ORDER BY account${random.pick(asked)}`, mayFail),
        );
      for (let round = 0; round < depth(8, 12); round++) {
        clock.advanceMs(random.pick([0, 1, 5_000, 20_000, 90_000]));
        // The writer and the readers are under way at the same time, and meet at whatever points they do.
        const writer = (async () => {
          for (let count = random.int(1, 3); count > 0; count--) await bank.update();
        })();
        const readers = random.list(4, () => (random.chance(0.7) ? asks() : looks()));
        const others = random.chance(0.3) ? [db.refresh(random.pick(bankViews))] : [db.step()];
        await Promise.all([writer, ...readers, ...others]);
        await asks();
      }
    },
    60_000,
  );

  longTests(() => {
    it.each(depth([null], ['incremental', 'full', null] as const))(
      'reads one version under every policy of views and of queries, refreshes preferred: %s',
      async (forced) => {
        const paths = new Set<string>();
        for (const policy of ['fresh', 'timed', 'manual', 'serve', 'compensate'] as const) {
          const { db, clock } = await openEverview({ forced });
          await using _ = db;
          const bank = new TransferBank(db, new Random(31));
          await bank.declare(
            Object.fromEntries(bankViews.map((view) => [view, policy])) as Record<BankView, BankPolicy>,
          );
          for (const query of new Set(asked)) {
            await bank.update();
            clock.advanceMs(4_000);
            for (const [name, sql] of Object.entries(questions)) {
              const explained = await db.execute(`EXPLAIN ${sql}${query}`);
              const { rows, version, path } = await db.query(`${sql}${query}`);
              const told = { version: explained.version, path: explained.path };
              expect({ name, policy, query, zero: Number(rows[0]?.zero), ...told }).toEqual({
                name,
                policy,
                query,
                zero: 0,
                version,
                path,
              });
              expect(bank.stateAt(version)).toBeDefined();
              paths.add(path);
            }
          }
        }
        expect([...paths]).toEqual(
          expect.arrayContaining(['fresh', 'refreshed-first', 'served-within-bound', 'served-stale']),
        );
        expect(paths.has('compensated') || paths.has('recomputed')).toBe(true);
      },
      120_000,
    );
  });

  it('counts at the version the answer names while updates go on', async () => {
    const { db } = await openEverview();
    await using _ = db;
    const bank = new TransferBank(db, new Random(5));
    await bank.declare({
      credits: 'fresh',
      debits: 'immediate',
      flows: 'fresh',
      balance: 'on-read',
      total: 'fresh',
      pairs: 'fresh',
    });
    const progress = { isWriting: true };
    const writer = (async () => {
      for (let count = 0; count < 25; count++) await bank.update();
    })().finally(() => {
      progress.isWriting = false;
    });
    const versions = new Set<number>();
    while (progress.isWriting) {
      const { rows, version } = await db.query(
        'SELECT count(*) AS n, (SELECT coalesce(sum(amount), 0) FROM debits) AS d FROM transfers',
      );
      versions.add(version);
      expect(Number(rows[0]?.n)).toBe(Number(rows[0]?.d));
    }
    await writer;
    expect(versions.size).toBeGreaterThan(1);
    await checkBalances(bank, await db.query('SELECT * FROM balance ORDER BY account'));
  }, 60_000);

  it('says how stale it is, and refuses where that is the policy', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(`
      CREATE TABLE t (a INTEGER);
      INSERT INTO t VALUES (1), (2);
      CREATE MATERIALIZED VIEW served WITH (max_staleness = INTERVAL '10 seconds', on_stale_read = serve) AS SELECT sum(a) AS s FROM t;
      CREATE MATERIALIZED VIEW refused WITH (max_staleness = INTERVAL '10 seconds', on_stale_read = fail) AS SELECT sum(a) AS s FROM t;
      CREATE MATERIALIZED VIEW renewed WITH (max_staleness = INTERVAL '10 seconds') AS SELECT sum(a) AS s FROM t`);
    clock.advanceMs(1_000);
    await db.execute('INSERT INTO t VALUES (10)');
    clock.advanceMs(5_000);
    for (const name of ['served', 'refused', 'renewed']) {
      const within = await db.query(`SELECT s FROM ${name}`);
      expect(within).toMatchObject({ path: 'served-within-bound', version: 1 });
      expect(within.staleness).toMatchObject([
        { name, asOf: 1, versions: 1, rows: 1, ms: 5_000, policyMet: true },
      ]);
      expect(Number(within.rows[0]?.s)).toBe(3);
    }
    clock.advanceMs(6_000);
    const late = await db.query('SELECT s FROM served');
    expect(late).toMatchObject({
      path: 'served-stale',
      version: 1,
      staleness: [{ policyMet: false, ms: 11_000 }],
    });
    await expect(db.query('SELECT s FROM refused')).rejects.toMatchObject({ code: 'staleness-exceeded' });
    const renewed = await db.query('SELECT s FROM renewed');
    expect(renewed).toMatchObject({
      path: 'refreshed-first',
      version: 2,
      staleness: [{ policyMet: true, ms: 0 }],
    });
    expect(Number(renewed.rows[0]?.s)).toBe(13);
  });
});
