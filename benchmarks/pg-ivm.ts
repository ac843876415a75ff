import { join } from 'node:path';
import type { Everview } from '../src/index.ts';
import type { AnySection, Benchmark, Section, ToldSection } from './benchmark.ts';
import { type Contender, measureRounds } from './measure.ts';
import { openOrders, orderSelect, places } from './orders.ts';
import { findPostgres, PostgresCluster } from './postgres-cluster.ts';
import { bareName, PostgresOrders, pgIvmName, triggerName } from './postgres-orders.ts';

const engine = 'Everview, view kept';

/** Commits while a join-and-group view is kept, next to PostgreSQL and, where it can be had, its extension pg_ivm. */
export const pgIvm: Benchmark = {
  async run({ directory, isQuick }) {
    const existing = isQuick ? 5_000 : 1_000_000;
    const everview = await openOrders(join(directory, 'commit.db'), existing);
    try {
      return await besidePostgres(existing, async (postgres) => {
        const sections: AnySection[] = [setting(existing, postgres)];
        let next = existing;
        for (const count of isQuick ? [1, 100] : [1, 100, 1_000, 10_000]) {
          const take = () => {
            next += count;
            return next - count;
          };
          const contenders = [
            ...(postgres?.contenders(count, take) ?? []),
            engineContender(everview, count, take),
          ];
          const rounds = isQuick ? 1 : count < 10_000 ? 25 : 11;
          sections.push(sectionOf(count, await measureRounds(contenders, rounds)));
        }
        await postgres?.assertKept();
        return sections;
      });
    } finally {
      await everview.close();
    }
  },
};

/** `work` beside a server that is stopped after it, or beside none. */
async function besidePostgres<T>(
  existing: number,
  work: (postgres: PostgresOrders | null) => Promise<T>,
): Promise<T> {
  const programs = findPostgres();
  if (programs === null) return work(null);
  const cluster = await PostgresCluster.open(programs);
  try {
    const session = cluster.connect();
    const done = await work(await PostgresOrders.open(session, existing));
    await session.close();
    return done;
  } finally {
    await cluster.close();
  }
}

function engineContender(everview: Everview, count: number, take: () => number): Contender {
  let insert = '';
  return {
    name: engine,
    prepare: async () => {
      insert = `INSERT INTO orders ${orderSelect(take(), count)}`;
    },
    run: () => everview.execute(insert),
  };
}

/** What is compared, and what is missing for it. */
function setting(existing: number, postgres: PostgresOrders | null): ToldSection {
  return {
    title: 'Beside PostgreSQL and pg_ivm',
    text:
      `INSERT … SELECT into a table of ${existing.toLocaleString('en')} rows, with PRIMARY KEY, NOT NULL, CHECK and ` +
      `REFERENCES, each statement a transaction; the view joins and has ${places.toLocaleString('en')} groups. The ` +
      "PostgreSQL server is the benchmark's own, durable, reached by a Unix socket; its times are those psql tells.",
    lines: missing(postgres),
    judged: [],
  };
}

function missing(postgres: PostgresOrders | null): string[] {
  if (postgres?.hasPgIvm === true) return [];
  const orientation =
    'For orientation alone, from another machine and not from this run: pg_ivm has been seen to commit 1 / 100 / ' +
    '10,000 rows in 0.7 / 2.5 / 66 ms, and PostgreSQL without a view in 0.3 / 0.6 / 27 ms.';
  if (postgres === null) {
    return [
      'pg_ivm is **not measured**: there is no PostgreSQL here (`apt-get install postgresql-15`), so Everview stands alone.',
      '',
      orientation,
    ];
  }
  return [
    'pg_ivm is **not measured**: the server has no such extension (`pg_available_extensions`).',
    '',
    orientation,
    '',
    `In its place stands “${triggerName}”: a statement-level trigger with a transition table, written by hand for this ` +
      'one view and for inserts alone, adds the change to the groups it touches, which is what pg_ivm does for any view.',
  ];
}

/** From so many rows on it should be ahead. */
const aheadFrom = 1_000;

function sectionOf(count: number, rows: Section['rows']): Section {
  const shown = `${count.toLocaleString('en')} ${count === 1 ? 'row' : 'rows'}`;
  const rivals = count < aheadFrom ? [] : [pgIvmName, triggerName];
  return {
    title: `Commit of ${shown} beside PostgreSQL`,
    text: 'Elapsed time; the processor time of the server is not known.',
    rows,
    baseline: bareName,
    aims: rivals.map((baseline) => ({
      text: `a commit of ${shown} (INSERT … SELECT) with its view ahead of “${baseline}”`,
      contender: engine,
      baseline,
      limit: 1,
    })),
  };
}
