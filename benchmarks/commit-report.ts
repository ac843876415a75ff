import type { JudgedAim, ToldSection } from './benchmark.ts';
import { type Measured, ratioOf, spreadOf } from './measure.ts';

/** With the constraints, and without any. */
export type OfEach<V> = { readonly constrained: V; readonly unconstrained: V };

/** What was measured at one size, from one source: the engine, and DuckDB inserting and recomputing. */
export type BesideRecompute = {
  readonly count: number;
  readonly source: string;
  readonly rows: readonly Measured[];
  /** Names of the contenders. */
  readonly engines: OfEach<string>;
  readonly rivals: OfEach<string>;
};

/** Every size and source in one table, and whether the engine is ahead at all of them. */
export function recomputeSection(beside: readonly BesideRecompute[]): ToldSection {
  const compared = beside.map((each) => {
    const rowOf = (name: string) => each.rows.find((row) => row.name === name);
    const engine = rowOf(each.engines.constrained);
    const plain = rowOf(each.engines.unconstrained);
    const recomputed = rowOf(each.rivals.unconstrained);
    return {
      ...each,
      engine,
      plain,
      constrained: against(engine, rowOf(each.rivals.constrained)),
      unconstrained: against(plain, recomputed),
      across: against(engine, recomputed),
    };
  });
  return {
    title: 'A commit with its view beside an insert and a recompute',
    text:
      'Medians, elapsed. A ratio is what the commit with its kept view took relative to DuckDB inserting the same rows ' +
      'and computing the view anew, in the same round; below 1 the commit is ahead. Both have the same ' +
      'constraints, then both none, and last the engine that checks them is beside the DuckDB that does not. The engine ' +
      'writes its change log and its records throughout.',
    lines: [
      '| rows | from | Everview ms | recomputed ms | ratio | Everview, no constraint ms | recomputed, no constraint ms | ratio | checked beside unchecked |',
      '|--:|---|--:|--:|--:|--:|--:|--:|--:|',
      ...compared.map(({ count, source, engine, plain, constrained, unconstrained, across }) => {
        const cells = [
          count.toLocaleString('en'),
          source,
          medianOf(engine),
          ...constrained.cells,
          medianOf(plain),
          ...unconstrained.cells,
          across.ratio.toFixed(2),
        ];
        return `| ${cells.join(' | ')} |`;
      }),
    ],
    judged: [
      aheadAtAll(
        'same constraints',
        compared.map(({ constrained }) => constrained.ratio),
      ),
      aheadAtAll(
        'both without constraints',
        compared.map(({ unconstrained }) => unconstrained.ratio),
      ),
      aheadAtAll(
        'which checks none of its constraints',
        compared.map(({ across }) => across.ratio),
      ),
    ],
  };
}

function aheadAtAll(which: string, ratios: readonly number[]): JudgedAim {
  const worst = Math.max(...ratios);
  return {
    text: `a commit with its view ahead of DuckDB (${which}) inserting and recomputing at every size`,
    measured: `${Math.min(...ratios).toFixed(2)} to ${worst.toFixed(2)} ×`,
    holds: worst < 1,
  };
}

function against(engine: Measured | undefined, rival: Measured | undefined) {
  const ratio = engine === undefined || rival === undefined ? Number.NaN : ratioOf(engine, rival);
  return { ratio, cells: [medianOf(rival), ratio.toFixed(2)] };
}

function medianOf(row: Measured | undefined): string {
  return row === undefined ? '' : spreadOf(row.wallMs).median.toFixed(1);
}
