import type { Everview } from '../../src/index.ts';
import type { Random } from './random.ts';

/** Ways to keep up, for each view of the bank one. `fail` may refuse to answer. */
export const bankPolicies = {
  fresh: '',
  immediate: 'WITH (refresh = immediate)',
  'on-read': 'WITH (refresh = on_read)',
  full: 'WITH (refresh = full)',
  manual: 'WITH (refresh = manual)',
  timed: "WITH (max_staleness = INTERVAL '1 minute')",
  rows: 'WITH (max_rows = 6)',
  serve: "WITH (max_staleness = INTERVAL '10 seconds', on_stale_read = serve)",
  compensate: 'WITH (on_stale_read = compensate)',
  'compensate-late': "WITH (max_staleness = INTERVAL '10 seconds', on_stale_read = compensate)",
  fail: "WITH (max_staleness = INTERVAL '10 seconds', on_stale_read = fail)",
} as const;

export type BankPolicy = keyof typeof bankPolicies;

export const bankViews = ['credits', 'debits', 'flows', 'balance', 'total', 'pairs'] as const;

export type BankView = (typeof bankViews)[number];

/** What each version holds, in plain arithmetic. */
export type BankState = { readonly transfers: number; readonly balances: ReadonlyMap<number, number> };

const accounts = 6;

const definitions: Readonly<Record<BankView, string>> = {
  credits: 'SELECT target AS account, sum(amount) AS amount FROM transfers GROUP BY target',
  debits: 'SELECT source AS account, sum(amount) AS amount FROM transfers GROUP BY source',
  // A diamond: both sides come from one table and meet again.
  flows: 'SELECT account, amount FROM credits UNION ALL SELECT account, -amount AS amount FROM debits',
  balance: 'SELECT account, sum(amount) AS balance FROM flows GROUP BY account',
  // … and a chain over it.
  total: 'SELECT sum(balance) AS total, count(*) AS accounts FROM balance',
  pairs:
    'SELECT c.account, c.amount - d.amount AS balance FROM credits c JOIN debits d ON d.account = c.account',
};

/** Transfers of 1 between accounts: whatever is read, nothing is won and nothing is lost. */
export class TransferBank {
  readonly #db: Everview;
  readonly #random: Random;
  readonly #states = new Map<number, BankState>();
  readonly #open = new Map<number, { source: number; target: number }>();
  #next = 1;

  constructor(db: Everview, random: Random) {
    this.#db = db;
    this.#random = random;
    this.#states.set(0, { transfers: 0, balances: new Map() });
  }

  async declare(policies: Readonly<Record<BankView, BankPolicy>>): Promise<void> {
    await this.#db.execute(
      'CREATE TABLE transfers (n BIGINT PRIMARY KEY, source INTEGER NOT NULL, target INTEGER NOT NULL, amount INTEGER NOT NULL)',
    );
    for (const view of bankViews) {
      await this.#db.execute(
        `CREATE MATERIALIZED VIEW ${view} ${bankPolicies[policies[view]]} AS ${definitions[view]}`,
      );
    }
  }

  stateAt(version: number): BankState {
    const state = this.#states.get(version);
    if (state === undefined) throw new RangeError(`nothing is known of version ${version}`);
    return state;
  }

  /** One update: some new transfers, now and then one taken back. One at a time. */
  async update(): Promise<void> {
    const made = this.#random.list(this.#random.int(1, 4), () => {
      const [source = 0, target = 1] = this.#random.sample([...Array(accounts).keys()], 2);
      return { n: this.#next++, source, target };
    });
    const gone = this.#random.chance(0.4)
      ? this.#random.sample([...this.#open.keys()], this.#random.int(1, 3))
      : [];
    for (const n of gone) this.#open.delete(n);
    for (const { n, source, target } of made) this.#open.set(n, { source, target });
    const expected = this.#stateNow();
    const result = await this.#db.transaction(async (update) => {
      await update.insert(
        'transfers',
        made.map((one) => ({ ...one, amount: 1 })),
      );
      if (gone.length > 0) await update.execute(`DELETE FROM transfers WHERE n IN (${gone.join(', ')})`);
    });
    this.#states.set(result.version, expected);
  }

  #stateNow(): BankState {
    const balances = new Map<number, number>();
    for (const { source, target } of this.#open.values()) {
      balances.set(source, (balances.get(source) ?? 0) - 1);
      balances.set(target, (balances.get(target) ?? 0) + 1);
    }
    return { transfers: this.#open.size, balances };
  }
}
