import type { Everview } from '../../src/index.ts';

/** One row each of `debits` and `credits`; together they are one transfer. */
export type Transfer = {
  readonly n: number;
  readonly from: number;
  readonly to: number;
  readonly amount: number;
};

const accounts = 5;

/** Declared once, before the first crash. Version 1 holds the accounts; update k of the loop makes version 1 + k. */
export const ledgerDeclarations = `
  CREATE TABLE accounts (id INTEGER PRIMARY KEY, region VARCHAR NOT NULL);
  CREATE TABLE debits (n BIGINT PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts (id), amount INTEGER NOT NULL);
  CREATE TABLE credits (n BIGINT PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts (id), amount INTEGER NOT NULL);
  INSERT INTO accounts VALUES ${Array.from({ length: accounts }, (_, id) => `(${id}, '${id % 2 === 0 ? 'north' : 'south'}')`).join(', ')};
  CREATE MATERIALIZED VIEW by_region WITH (refresh = immediate) AS
    SELECT a.region, count(*) AS transfers, sum(d.amount) AS amount, max(d.amount) AS largest
    FROM debits d JOIN accounts a ON a.id = d.account GROUP BY a.region;
  CREATE MATERIALIZED VIEW totals WITH (refresh = immediate) AS
    SELECT sum(transfers) AS transfers, sum(amount) AS amount FROM by_region;
  CREATE MATERIALIZED VIEW flows WITH (refresh = manual) AS
    SELECT d.account AS source, c.account AS target, count(*) AS transfers, sum(c.amount) AS amount
    FROM debits d JOIN credits c ON c.n = d.n GROUP BY ALL;
  CREATE TRAINING SET amounts WITH (label = amount) AS
    SELECT d.account AS source, c.account AS target, (d.n % 10) AS last_digit, d.amount FROM debits d JOIN credits c ON c.n = d.n;
  CREATE MODEL amount WITH (method = 'ridge', l2 = 0.5, refresh = manual) AS SELECT * FROM amounts;
`;

/** Each view's definition over tables at a version, for a recompute beside the kept contents. */
export const ledgerViews: Readonly<Record<string, (at: string) => string>> = {
  by_region: (
    at,
  ) => `SELECT a.region, count(*) AS transfers, sum(d.amount) AS amount, max(d.amount) AS largest
    FROM (SELECT * FROM debits ${at}) d JOIN (SELECT * FROM accounts ${at}) a ON a.id = d.account GROUP BY a.region`,
  totals: (at) => `SELECT sum(transfers) AS transfers, sum(amount) AS amount FROM (
    SELECT count(*) AS transfers, sum(d.amount) AS amount FROM (SELECT * FROM debits ${at}) d JOIN (SELECT * FROM accounts ${at}) a ON a.id = d.account GROUP BY a.region)`,
  flows: (
    at,
  ) => `SELECT d.account AS source, c.account AS target, count(*) AS transfers, sum(c.amount) AS amount
    FROM (SELECT * FROM debits ${at}) d JOIN (SELECT * FROM credits ${at}) c ON c.n = d.n GROUP BY ALL`,
  amounts: (at) => `SELECT d.account AS source, c.account AS target, (d.n % 10) AS last_digit, d.amount
    FROM (SELECT * FROM debits ${at}) d JOIN (SELECT * FROM credits ${at}) c ON c.n = d.n`,
};

function transferOf(n: number): Transfer {
  return { n, from: (n * 7) % accounts, to: (n * 11 + 3) % accounts, amount: 1 + ((n * 31) % 50) };
}

/** The statements of update n: always one new transfer; some also take one away or change one, in both tables. */
export function ledgerUpdate(n: number): string[] {
  const { from, to, amount } = transferOf(n);
  const statements = [
    `INSERT INTO debits VALUES (${n}, ${from}, ${amount})`,
    `INSERT INTO credits VALUES (${n}, ${to}, ${amount})`,
  ];
  for (const table of ['debits', 'credits']) {
    if (n % 3 === 0) statements.push(`DELETE FROM ${table} WHERE n = ${n - 7}`);
    if (n % 5 === 0) statements.push(`UPDATE ${table} SET amount = amount + ${n} WHERE n = ${n - 3}`);
  }
  return statements;
}

/** The transfers after the first `updates` updates, in plain arithmetic. */
export function ledgerAfter(updates: number): Map<number, Transfer> {
  const transfers = new Map<number, Transfer>();
  for (let n = 1; n <= updates; n++) {
    transfers.set(n, transferOf(n));
    if (n % 3 === 0) transfers.delete(n - 7);
    const changed = n % 5 === 0 ? transfers.get(n - 3) : undefined;
    if (changed !== undefined) transfers.set(n - 3, { ...changed, amount: changed.amount + n });
  }
  return transfers;
}

/** What a reopened database must show; the problems found. */
export async function checkLedger(db: Everview, acknowledged: number): Promise<string[]> {
  const updates = db.version - 1;
  const problems: string[] = [];
  if (updates < acknowledged)
    problems.push(`update ${acknowledged} was acknowledged, the database has ${updates}`);
  if (updates > acknowledged + 1)
    problems.push(`${updates} updates are there, and ${acknowledged} were acknowledged`);
  const expected = [...ledgerAfter(updates).values()].sort((a, b) => a.n - b.n);
  const debits = await db.query('SELECT n, account, amount FROM debits ORDER BY n');
  const credits = await db.query('SELECT n, account, amount FROM credits ORDER BY n');
  const told = (rows: readonly unknown[]) =>
    JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? Number(value) : value));
  const wanted = (account: 'from' | 'to') =>
    told(expected.map((one) => ({ n: one.n, account: one[account], amount: one.amount })));
  if (told(debits.rows) !== wanted('from')) problems.push(`debits are not those of version ${db.version}`);
  if (told(credits.rows) !== wanted('to')) problems.push(`credits are not those of version ${db.version}`);
  for (const [name, definition] of Object.entries(ledgerViews))
    problems.push(...(await checkView(db, name, definition)));
  problems.push(...(await checkCursors(db)));
  return problems;
}

async function checkView(db: Everview, name: string, definition: (at: string) => string): Promise<string[]> {
  const kept = await db.query(`SELECT CAST(x AS VARCHAR) AS row FROM ${name} AS x ORDER BY ALL`);
  const problems: string[] = [];
  if (kept.path === 'refreshed-first' && name !== 'amounts') problems.push(`${name} was behind its policy`);
  const at = `AT (VERSION => ${kept.version})`;
  const fresh = await db.query(`SELECT CAST(x AS VARCHAR) AS row FROM (${definition(at)}) AS x ORDER BY ALL`);
  const rows = (answer: typeof kept) => answer.rows.map((row) => String(row.row)).join('\n');
  if (rows(kept) !== rows(fresh)) problems.push(`${name} is not its definition at version ${kept.version}`);
  return problems;
}

async function checkCursors(db: Everview): Promise<string[]> {
  const { rows } = await db.query(`
    SELECT name, version FROM everview.views WHERE version > ${db.version}
    UNION ALL SELECT name, data_version FROM everview.models WHERE data_version > ${db.version}
    UNION ALL SELECT name, to_version FROM everview.refreshes WHERE to_version > ${db.version}
    UNION ALL SELECT 'update', version FROM everview.updates WHERE version > ${db.version}`);
  return rows.map((row) => `${row.name} is at version ${row.version}, ahead of ${db.version}`);
}

/** After the crash: what an incremental refresh makes of the model's kept sums, against a fit from all rows. */
export async function checkModel(db: Everview): Promise<string[]> {
  const predictions = async () => {
    const { rows } = await db.query(`
      SELECT prediction FROM PREDICT(amount, (SELECT i AS source, j AS target, 3 AS last_digit FROM range(5) a(i), range(5) b(j)))
      ORDER BY source, target`);
    return rows.map((row) => Number(row.prediction));
  };
  await db.refresh('amount', 'incremental');
  const kept = await predictions();
  await db.refresh('amount', 'full');
  const fresh = await predictions();
  const far = kept.filter(
    (value, place) => Math.abs(value - (fresh[place] ?? Number.NaN)) > 1e-9 * Math.max(1, Math.abs(value)),
  );
  return far.length === 0 ? [] : [`${far.length} predictions of the reopened model differ from a new fit`];
}
