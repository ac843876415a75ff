import type { Reading, Session } from '../core/session.ts';
import { type FeaturePlan, weighedAt } from './feature-plan.ts';
import { assertSolvable, MomentAccumulator, type Precisely } from './moment-accumulator.ts';
import type { Precision } from './moment-kernel.ts';
import { momentQuery, readLevels, sampleFrame, setFrame } from './moment-query.ts';
import { presentMean } from './normal-equations.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { type RidgeSolveOptions, solveRidge } from './ridge-solve.ts';
import { contentsOf, contentsSource, type RowSource, type TrainingRelation } from './row-source.ts';
import { finer, holdsDigits, isFine, mayRoundFurther } from './summing-precision.ts';
import {
  centredSquares,
  copyWithLevels,
  emptyState,
  type Frame,
  type Levels,
  mergeInto,
  mergeLevels,
  needsRebase,
  presentRows,
  rowCount,
  type SumsState,
  tidied,
} from './sums-state.ts';
import type { TrainingBounds } from './training-window.ts';

/** `rowsRead`: rows that came from the store, those left out of training for a NaN or an infinity included. */
/** Disjoint sources that cover `whole`. */
export type Scan = {
  readonly whole: RowSource;
  readonly parts: readonly RowSource[];
  readonly precision: Precision;
};

export type FitResult = { readonly state: SumsState; readonly rowsRead: number };

/** Category levels of all features together; solving takes time cubic in them. */
export const largestLevelCount = 2_000;

/** Up to here everything is summed by split products, which leave next to no rounding behind (moment-kernel.ts). */
const exactFullRows = 131_072;
const exactAdvanceRows = 524_288;

/** Parts of a full scan; fixed, so that sums do not depend on how many streams share them. */
const scanParts = 4;

/** Passes of a full fit until pivots fit the data: nearly always one. */
const largestPasses = 3;

/** Fits one model family from the store: in full, or by what changed. Holds no state of any model. */
export class ModelFitter {
  readonly #runtime: OnnxRuntime;

  constructor(runtime: OnnxRuntime) {
    this.#runtime = runtime;
  }

  /**
   * The sums over the training rows in the contents of `relation`, by as many parallel streams as there are
   * snapshots. The sums do not depend on their number. Where they do not hold the digits that a fit with the penalty
   * `needs` takes, they are made again by finer products.
   */
  async fitFull(
    snapshots: readonly [Session, ...Session[]],
    plan: FeaturePlan,
    relation: TrainingRelation,
    bounds: TrainingBounds,
    needs: RidgeSolveOptions | null = null,
  ): Promise<FitResult> {
    const [first] = snapshots;
    const { whole, parts: sources, precision } = await this.scan(first, relation, bounds);
    let precisely: Precisely = { precision, rows: Number.POSITIVE_INFINITY };
    const levels = await this.levelsOf(first, plan, [whole]);
    let frame = await this.frameOf(first, plan, whole);
    let rowsRead = 0;
    for (let pass = 1; ; pass++) {
      const parts = await this.sumSources(snapshots, plan, frame, levels, sources, precisely);
      const sum = copyWithLevels(emptyState(plan, frame), levels);
      for (const part of parts) {
        mergeInto(sum, part.state, 1);
        rowsRead += part.rowsRead;
      }
      const state = tidied(sum);
      if (pass < largestPasses && needsRebase(state) !== null) frame = betterFrame(plan, state);
      else if (precisely.precision === 'fine' || needs === null || holdsDigits(plan, state, needs))
        return { state, rowsRead };
      else precisely = { ...precisely, precision: finer(precisely.precision) };
    }
  }

  /** The training rows of the contents, whole and in parts, and how precisely to sum them at first. */
  async scan(session: Session, relation: TrainingRelation, bounds: TrainingBounds): Promise<Scan> {
    const { conditions, precision } = await scanPlan(session, relation);
    const source = (condition: string | null) => contentsSource(relation, bounds.training, 1, condition);
    return { whole: source(null), parts: conditions.map(source), precision };
  }

  /** @throws EverviewError `unsupported` when there are more levels than can be solved for. */
  async levelsOf(session: Session, plan: FeaturePlan, sources: readonly RowSource[]): Promise<Levels[]> {
    const levels = await readLevels(session, plan, sources, largestLevelCount);
    assertSolvable(plan, levels, largestLevelCount);
    return levels;
  }

  frameOf(session: Session, plan: FeaturePlan, source: RowSource): Promise<Frame> {
    return sampleFrame(session, plan, source);
  }

  /**
   * The sums of each source by itself, whatever its sign, in the sources' order. Each stream takes the next source when
   * it has done one.
   */
  async sumSources(
    snapshots: readonly Session[],
    plan: FeaturePlan,
    frame: Frame,
    levels: readonly Levels[],
    sources: readonly RowSource[],
    precisely: Precisely,
  ): Promise<FitResult[]> {
    const results: FitResult[] = [];
    const waiting = sources.entries();
    const work = async (session: Session) => {
      const accumulator = new MomentAccumulator(this.#runtime, plan, frame, levels, largestOf(sources));
      for (const [index, source] of waiting) {
        const batches = session.batches(momentQuery(plan, source, levels), [], readingOf(source));
        const { state, rows } = await accumulator.sum(batches, precisely);
        results[index] = { state, rowsRead: rows };
      }
    };
    await Promise.all(snapshots.slice(0, sources.length).map(work));
    return results;
  }

  /**
   * The state with the sources' rows added and taken away, by as many parallel streams as there are snapshots; the
   * given one stays as it is.
   */
  async advance(
    snapshots: readonly [Session, ...Session[]],
    plan: FeaturePlan,
    state: SumsState,
    sources: readonly RowSource[],
  ): Promise<FitResult> {
    const weighed = weighedAt(plan, state.tally?.originMs ?? 0);
    const found = await readLevels(snapshots[0], weighed, sources, largestLevelCount);
    const levels = state.levels.map((known, index) => mergeLevels(known, found[index] ?? []));
    assertSolvable(plan, levels, largestLevelCount);
    const sum = copyWithLevels(state, levels);
    const precisely = advancePrecision(weighed, state);
    const parts = await this.sumSources(snapshots, weighed, state.frame, levels, sources, precisely);
    let rowsRead = 0;
    for (const [index, part] of parts.entries()) {
      mergeInto(sum, part.state, sources[index]?.sign ?? 1);
      rowsRead += part.rowsRead;
    }
    return { state: tidied(sum), rowsRead };
  }

  solve(plan: FeaturePlan, state: SumsState, options: RidgeSolveOptions): RidgeParameters {
    return solveRidge(plan, state, options);
  }
}

function advancePrecision(plan: FeaturePlan, state: SumsState): Precisely {
  if (isFine(state) && rowCount(state) > 0) return { precision: 'fine', rows: Number.POSITIVE_INFINITY };
  return { precision: mayRoundFurther(plan, state) ? 'plain' : 'split', rows: exactAdvanceRows };
}

/** Rows of a source that are read at once: of more, what DuckDB holds for reading it is copied once less. */
const smallRows = 4_096;

/** Rows that the largest of the sources may have. */
function largestOf(sources: readonly RowSource[]): number {
  return Math.max(...sources.map(({ mostRows }) => mostRows ?? Number.POSITIVE_INFINITY));
}

function readingOf({ mostRows }: RowSource): Reading {
  return mostRows !== null && mostRows <= smallRows ? 'small' : 'stream';
}

/** Disjoint conditions that cover the relation, and how precisely to sum them at first. */
async function scanPlan(
  session: Session,
  relation: TrainingRelation,
): Promise<{ conditions: readonly (string | null)[]; precision: Precision }> {
  const tables = await session.rows(
    `SELECT 1 FROM duckdb_tables() WHERE schema_name = 'view' AND lower(table_name) = lower($1)`,
    [relation.name],
  );
  if (tables.length === 0) return { conditions: [null], precision: 'split' };
  const [span = {}] = await session.rows(
    `SELECT min(rowid) AS low, max(rowid) AS high FROM ${contentsOf(relation)}`,
  );
  const low = Number(span.low ?? 0);
  const count = Number(span.high ?? -1) + 1 - low;
  if (count <= exactFullRows) return { conditions: [null], precision: 'split' };
  const cuts = Array.from(
    { length: scanParts + 1 },
    (_, part) => low + Math.floor((count * part) / scanParts),
  );
  const conditions = cuts.slice(1).map((cut, part) => `rowid >= ${cuts[part]} AND rowid < ${cut}`);
  return { conditions, precision: 'plain' };
}

/** Pivots at the means and scales at the deviations that the sums themselves give. */
function betterFrame(plan: FeaturePlan, state: SumsState): Frame {
  const frame = { pivot: state.frame.pivot.slice(), scale: state.frame.scale.slice() };
  for (let measure = 0; measure < frame.pivot.length; measure++) {
    if (plan.measured[measure]?.kind === 'boolean') continue;
    const present = presentRows(state, measure);
    const scale = state.frame.scale[measure] ?? 1;
    const mean = (state.frame.pivot[measure] ?? 0) + scale * presentMean(state, measure)[0];
    const deviation = Math.sqrt(centredSquares(state, measure) / present) * scale;
    if (Number.isFinite(mean) && deviation > 0) setFrame(frame, measure, mean, deviation);
  }
  return frame;
}
