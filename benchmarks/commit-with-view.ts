import { join } from 'node:path';
import type { Everview } from '../src/index.ts';
import type { AnySection, Benchmark, Section } from './benchmark.ts';
import { type BesideRecompute, type OfEach, recomputeSection } from './commit-report.ts';
import { type Contender, measureRounds } from './measure.ts';
import {
  BareOrders,
  columnsOfObjects,
  columnsOfTable,
  openOrders,
  orderObjects,
  orderSelect,
  orderTable,
  places,
} from './orders.ts';

const engine = 'Everview, view kept';
const plainEngine = 'Everview, no constraint, view kept';
const constrained = 'DuckDB, same constraints, no view';
const unconstrained = 'DuckDB, no constraint, no view';
const constrainedRecomputed = 'DuckDB, same constraints, view recomputed';
const recomputed = 'DuckDB, no constraint, view recomputed';

/** How the rows are given; each makes a batch of `count` rows from number `first` on. */
type Source = {
  readonly title: string;
  readonly intoEngine: (everview: Everview, first: number, count: number) => () => Promise<unknown>;
  readonly intoDuckdb: (bare: BareOrders, first: number, count: number) => () => Promise<void>;
};

const sources: readonly Source[] = [
  {
    title: 'objects',
    intoEngine: (everview, first, count) => {
      const rows = orderObjects(first, count);
      return () => everview.insert('orders', rows);
    },
    intoDuckdb: (bare, first, count) => {
      const rows = orderObjects(first, count);
      return () => bare.append(columnsOfObjects(rows));
    },
  },
  {
    title: 'Arrow',
    intoEngine: (everview, first, count) => {
      const rows = orderTable(first, count);
      return () => everview.insert('orders', rows);
    },
    intoDuckdb: (bare, first, count) => {
      const rows = orderTable(first, count);
      return () => bare.append(columnsOfTable(rows));
    },
  },
  {
    title: 'INSERT … SELECT',
    intoEngine: (everview, first, count) => () =>
      everview.execute(`INSERT INTO orders ${orderSelect(first, count)}`),
    intoDuckdb: (bare, first, count) => () => bare.insertSelect(first, count),
  },
];

/** Commits of few and many rows while a join-and-group view is kept, next to DuckDB's own transaction. */
export const commitWithView: Benchmark = {
  async run({ directory, isQuick }) {
    const existing = isQuick ? 5_000 : 1_000_000;
    const sizes = isQuick ? [1, 100] : [1, 100, 1_000, 10_000, 100_000];
    const everview = {
      constrained: await openOrders(join(directory, 'commit.db'), existing),
      unconstrained: await openOrders(join(directory, 'plain-commit.db'), existing, false),
    };
    const bare = {
      constrained: await BareOrders.open(join(directory, 'constrained.db'), existing, true),
      unconstrained: await BareOrders.open(join(directory, 'unconstrained.db'), existing, false),
    };
    const sections: AnySection[] = [];
    const beside: BesideRecompute[] = [];
    const engines = { constrained: engine, unconstrained: plainEngine };
    const rivals = { constrained: constrainedRecomputed, unconstrained: recomputed };
    let next = existing;
    for (const count of sizes) {
      for (const source of sources) {
        const contenders = contendersOf(source, everview, bare, existing, count, () => {
          next += count;
          return next - count;
        });
        const rounds = isQuick ? 1 : count < 10_000 ? 21 : 7;
        const rows = await measureRounds(contenders, rounds);
        sections.push(sectionOf(source, count, existing, rows));
        beside.push({ count, source: source.title, engines, rivals, rows });
      }
    }
    await everview.constrained.close();
    await everview.unconstrained.close();
    bare.constrained.close();
    bare.unconstrained.close();
    return [...sections, recomputeSection(beside)];
  },
};

function contendersOf(
  source: Source,
  everview: OfEach<Everview>,
  bare: OfEach<BareOrders>,
  existing: number,
  count: number,
  take: () => number,
): Contender[] {
  type Work = () => Promise<unknown>;
  const contender = (name: string, shrink: Work, prepared: (first: number) => Work): Contender => {
    let work: Work = () => Promise.resolve();
    return {
      name,
      // A recompute over the rows of all earlier rounds would be another one.
      prepare: async () => {
        await shrink();
        work = prepared(take());
      },
      run: () => work(),
    };
  };
  const duckdb = (name: string, to: BareOrders, after: Work): Contender =>
    contender(
      name,
      () => to.shrink(existing),
      (first) => {
        const insert = source.intoDuckdb(to, first, count);
        return () =>
          to.transaction(async () => {
            await insert();
            await after();
          });
      },
    );
  const kept = (name: string, by: Everview): Contender =>
    contender(
      name,
      () => by.execute(`DELETE FROM orders WHERE id >= ${existing}`),
      (first) => source.intoEngine(by, first, count),
    );
  const nothing = () => Promise.resolve();
  return [
    duckdb(constrained, bare.constrained, nothing),
    duckdb(unconstrained, bare.unconstrained, nothing),
    duckdb(constrainedRecomputed, bare.constrained, () => bare.constrained.recompute()),
    duckdb(recomputed, bare.unconstrained, () => bare.unconstrained.recompute()),
    kept(engine, everview.constrained),
    kept(plainEngine, everview.unconstrained),
  ];
}

function sectionOf(source: Source, count: number, existing: number, rows: Section['rows']): Section {
  const shown = count.toLocaleString('en');
  return {
    title: `Commit of ${shown} ${count === 1 ? 'row' : 'rows'}, ${source.title}`,
    text:
      `Into a table of ${existing.toLocaleString('en')} rows in a file, with PRIMARY KEY, NOT NULL, CHECK and ` +
      `REFERENCES; what a round put in is taken out before the next. “${engine}” checks them, writes the change log, ` +
      `and moves a view by ${places.toLocaleString('en')} groups over a join in the same transaction; “${plainEngine}” ` +
      'has no constraint to check. DuckDB inserts the same rows in a transaction of its own: from objects and Arrow ' +
      'through its appender, from a SELECT as INSERT.',
    rows,
    baseline: constrained,
    aims:
      count === 1_000
        ? [
            {
              text: `a commit of 1,000 rows (${source.title}) with its view within 4 × of the bare DuckDB transaction`,
              contender: engine,
              baseline: constrained,
              limit: 4,
            },
          ]
        : [],
  };
}
