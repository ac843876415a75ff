import { EverviewError } from '../src/index.ts';
import type { Contender } from './measure.ts';
import { places } from './orders.ts';
import type { PsqlSession } from './psql-session.ts';

/** How PostgreSQL keeps the view by place, each with tables in a schema of its own. */
type Way = { readonly schema: string; readonly name: string; readonly keep: readonly string[] };

export const bareName = 'PostgreSQL, same constraints, no view';
export const triggerName = 'PostgreSQL, a summary table kept by a trigger';
export const pgIvmName = 'PostgreSQL, view kept by pg_ivm';

/** What pg_ivm does, by hand: the change of the statement, joined and grouped, is added to the groups it touches. */
const byTrigger: Way = {
  schema: 'by_trigger',
  name: triggerName,
  keep: [
    `CREATE TABLE by_trigger.by_place (name VARCHAR PRIMARY KEY, orders BIGINT NOT NULL, units BIGINT NOT NULL,
      prices BIGINT NOT NULL, price DOUBLE PRECISION)`,
    `INSERT INTO by_trigger.by_place ${sumsOf('by_trigger', 'by_trigger.orders')}`,
    `CREATE FUNCTION by_trigger.add_come() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO by_trigger.by_place AS kept ${sumsOf('by_trigger', 'come')}
      ON CONFLICT (name) DO UPDATE SET orders = kept.orders + excluded.orders, units = kept.units + excluded.units,
        prices = kept.prices + excluded.prices, price = coalesce(kept.price + excluded.price, kept.price, excluded.price);
      RETURN NULL; END $$`,
    `CREATE TRIGGER come AFTER INSERT ON by_trigger.orders REFERENCING NEW TABLE AS come
      FOR EACH STATEMENT EXECUTE FUNCTION by_trigger.add_come()`,
  ],
};

function sumsOf(schema: string, orders: string): string {
  return `SELECT p.name, count(*) AS orders, sum(o.units) AS units, count(o.price) AS prices, sum(o.price) AS price
    FROM ${orders} o JOIN ${schema}.places p ON p.id = o.place GROUP BY p.name`;
}

function byPgIvm(functions: string): Way {
  return {
    schema: 'by_pg_ivm',
    name: pgIvmName,
    keep: [
      `SELECT ${functions}.create_immv('by_pg_ivm.by_place', 'SELECT p.name, count(*) AS orders, sum(o.units) AS units,
        avg(o.price) AS mean_price FROM by_pg_ivm.orders o JOIN by_pg_ivm.places p ON p.id = o.place GROUP BY p.name')`,
    ],
  };
}

const bare: Way = { schema: 'bare', name: bareName, keep: [] };

/** The tables of `orders.ts` in PostgreSQL, once for each way to keep the view by place. */
export class PostgresOrders {
  readonly #session: PsqlSession;
  readonly #ways: readonly Way[];

  private constructor(session: PsqlSession, ways: readonly Way[]) {
    this.#session = session;
    this.#ways = ways;
  }

  static async open(session: PsqlSession, existing: number): Promise<PostgresOrders> {
    const functions = await pgIvmSchema(session);
    const ways = [bare, byTrigger, ...(functions === null ? [] : [byPgIvm(functions)])];
    for (const { schema, keep } of ways) {
      const statements = [
        `CREATE SCHEMA ${schema}`,
        `CREATE TABLE ${schema}.places (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL)`,
        `INSERT INTO ${schema}.places SELECT id, 'place ' || id FROM generate_series(0, ${places - 1}) id`,
        `CREATE TABLE ${schema}.orders (id BIGINT PRIMARY KEY,
          place INTEGER NOT NULL REFERENCES ${schema}.places (id), units INTEGER NOT NULL CHECK (units > 0),
          price DOUBLE PRECISION)`,
        insertInto(schema, 0, existing),
        ...keep,
      ];
      for (const statement of [...statements, 'VACUUM ANALYZE', 'CHECKPOINT']) await session.run(statement);
    }
    return new PostgresOrders(session, ways);
  }

  get hasPgIvm(): boolean {
    return this.#ways.some(({ name }) => name === pgIvmName);
  }

  /** @param take the first number of so many new rows */
  contenders(count: number, take: () => number): Contender[] {
    return this.#ways.map(({ schema, name, keep }) => {
      let insert = '';
      let lastMs = Number.NaN;
      return {
        name,
        prepare: async () => {
          insert = insertInto(schema, take(), count);
          // Nobody else does: the server's own cleaning would run at moments of its choice.
          if (keep.length > 0) await this.#session.run(`VACUUM ${schema}.by_place`);
        },
        run: async () => {
          lastMs = await this.#session.timedMs(insert);
        },
        ownMs: () => lastMs,
      };
    });
  }

  /** @throws EverviewError `internal` where a kept view is not what its query says */
  async assertKept(): Promise<void> {
    for (const { schema, name, keep } of this.#ways) {
      if (keep.length === 0) continue;
      const kept = `SELECT name, orders, units FROM ${schema}.by_place`;
      const anew = `SELECT name, orders, units FROM (${sumsOf(schema, `${schema}.orders`)}) s`;
      const [differing] = await this.#session.run(
        `SELECT count(*) FROM ((${kept} EXCEPT ALL ${anew}) UNION ALL (${anew} EXCEPT ALL ${kept})) d`,
      );
      if (differing !== '0') throw new EverviewError('internal', `${name}: ${differing} rows differ`);
    }
  }
}

function insertInto(schema: string, first: number, count: number): string {
  return `INSERT INTO ${schema}.orders SELECT id, (id * 7 % ${places})::INTEGER, (1 + id % 9)::INTEGER,
    (id % 1000) / 8.0::DOUBLE PRECISION FROM generate_series(${first}::BIGINT, ${first + count - 1}) id`;
}

/** Where the extension has its functions, which moved between its releases; null where the server has none. */
async function pgIvmSchema(session: PsqlSession): Promise<string | null> {
  const available = await session.run("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_ivm'");
  if (available.length === 0) return null;
  await session.run('CREATE EXTENSION pg_ivm');
  await session.run("LOAD 'pg_ivm'");
  const [schema] = await session.run(
    "SELECT pronamespace::regnamespace FROM pg_proc WHERE proname = 'create_immv'",
  );
  return schema ?? null;
}
