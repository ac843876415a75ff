import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { withoutTexts } from '../core/sql-text.ts';

/**
 * DuckDB 1.5 pushes the least and greatest key of a join's one side into the scans of the other, below a LIMIT there, too
 * (its issue 22924): the LIMIT then chooses among other rows. Right where keys are looked for, which is most of what the
 * engine does, that pushing is worth a third of a small commit; so it is switched off only while a statement is planned
 * and run that has a LIMIT within it. The setting is the whole database's: what is planned beside it is slower, not wrong.
 */
export class JoinFilters {
  readonly #instance: DuckDBInstance;
  readonly #alwaysOff: string;
  /** Its own: two statements at once on one connection end each other. */
  #connection: Promise<DuckDBConnection> | null = null;
  #users = 0;
  /** The settings so far, one after the other. */
  #settings: Promise<unknown> = Promise.resolve();

  /** @param alwaysOff optimizers that are disabled in any case, separated by commas */
  constructor(instance: DuckDBInstance, alwaysOff: string) {
    this.#instance = instance;
    this.#alwaysOff = alwaysOff;
  }

  /** Plans and runs a statement, without them where they could choose its rows. */
  async around<T>(sql: string, work: () => Promise<T>): Promise<T> {
    if (!hasInnerLimit(sql)) return work();
    this.#users++;
    if (this.#users === 1) this.#disable(`${this.#alwaysOff},join_filter_pushdown`);
    try {
      await this.#settings;
      return await work();
    } finally {
      this.#users--;
      if (this.#users === 0) this.#disable(this.#alwaysOff);
    }
  }

  async close(): Promise<void> {
    await this.#settings.catch(() => {});
    const connection = await this.#connection?.catch(() => null);
    connection?.closeSync();
  }

  #disable(optimizers: string): void {
    this.#connection ??= this.#instance.connect();
    const connected = this.#connection;
    const set = async () => (await connected).run(`SET GLOBAL disabled_optimizers = '${optimizers}'`);
    this.#settings = this.#settings.then(set);
    // Who waits for it is told; after the last use nobody does.
    this.#settings.catch(() => {});
  }
}

/** Whether a LIMIT, or FETCH, may stand within parentheses, and so under a join. */
export function hasInnerLimit(sql: string): boolean {
  if (!/\b(?:limit|fetch)\b/i.test(sql)) return false;
  const plain = withoutTexts(sql);
  // Parentheses in texts that could not be told from others.
  if (plain === sql && sql.includes("'")) return true;
  let depth = 0;
  for (const [token] of plain.matchAll(/[()]|\b(?:limit|fetch)\b/gi)) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    else if (depth > 0) return true;
  }
  return false;
}
