import type { JudgedAim, ToldSection } from './benchmark.ts';
import { type Measured, ratioOf, spreadOf } from './measure.ts';

/** What was measured at one size, from one source: the engine, and DuckDB inserting and recomputing. */
export type BesideRecompute = {
  readonly count: number;
  readonly source: string;
  readonly rows: readonly Measured[];
  /** Names of the contenders. */
  readonly engine: string;
  readonly rivals: { readonly constrained: string; readonly unconstrained: string };
};

/** Every size and source in one table, and whether the engine is ahead at all of them. */
export function recomputeSection(beside: readonly BesideRecompute[]): ToldSection {
  const compared = beside.map((each) => {
    const rowOf = (name: string) => each.rows.find((row) => row.name === name);
    const engine = rowOf(each.engine);
    return {
      ...each,
      engine,
      constrained: against(engine, rowOf(each.rivals.constrained)),
      unconstrained: against(engine, rowOf(each.rivals.unconstrained)),
    };
  });
  return {
    title: 'A commit with its view beside an insert and a recompute',
    text:
      'Medians, elapsed. A ratio is what the commit with its kept view took relative to DuckDB inserting the same rows ' +
      'and computing the view anew, in the same round; below 1 the commit is ahead. The engine checks the constraints ' +
      'and writes a change log; the DuckDB without constraints does neither.',
    lines: [
      '| rows | from | Everview ms | recomputed, same constraints ms | ratio | recomputed, no constraint ms | ratio |',
      '|--:|---|--:|--:|--:|--:|--:|',
      ...compared.map(({ count, source, engine, constrained, unconstrained }) => {
        const cells = [
          count.toLocaleString('en'),
          source,
          medianOf(engine),
          ...constrained.cells,
          ...unconstrained.cells,
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
        'without constraints',
        compared.map(({ unconstrained }) => unconstrained.ratio),
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
