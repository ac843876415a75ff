import type { Session } from '../../core/session.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { momentQuery } from '../moment-query.ts';
import type { OnnxRuntime } from '../onnx-runtime.ts';
import type { RowSource } from '../row-source.ts';
import { AnchoredAccumulator } from './anchored-accumulator.ts';
import { assertTrainable } from './anchored-parameters.ts';
import {
  type AnchoredState,
  designSize,
  emptyAnchored,
  mergeAnchored,
  trainingRows,
  withMomentsOf,
} from './anchored-state.ts';
import type { AnchoredMethod } from './create-loss.ts';
import { DesignBlock, type DesignRows } from './design-block.ts';
import type { Loss } from './loss.ts';
import { type NewtonFit, newtonFit, type Scan } from './newton-fit.ts';
import { type ScanParts, sampleBlocks } from './scan-parts.ts';
import type { PenaltyOptions } from './standard-system.ts';
import { type Layout, sumParts } from './sum-parts.ts';

export type AnchoredOptions = PenaltyOptions & {
  /** How far, in units of a score, a full fit may stay from the optimum on any training row; default 1e-9. */
  readonly tolerance?: number;
};

const mostPasses = 25;
const mostPassesOfSample = 15;
const mostPassesInMemory = 60;
/** Of a loss with kinks: where most labels lie beyond delta, a step crosses many and gains little. */
const mostPassesAcrossKinks = 400;
const defaultTolerance = 1e-9;

/** What a full fit is of, in one frame. */
export type FitTask = {
  readonly snapshots: readonly [Session, ...Session[]];
  readonly plan: FeaturePlan;
  readonly method: AnchoredMethod;
  readonly loss: Loss;
  readonly layout: Layout;
  readonly parts: ScanParts;
  /** Up to so many the rows of a source are kept between passes instead of read again. */
  readonly rowsInMemory: number;
  /** The training rows, narrowed by a condition. */
  readonly source: (condition: string | null) => RowSource;
  readonly options: AnchoredOptions;
  /** Weights over the layout's v to start from; null: from a sample. */
  readonly warm: Float64Array | null;
};

/** One full fit: a start from a sample in memory, then passes over the source. */
export class FullFit {
  scans = 0;
  rowsRead = 0;
  readonly #runtime: OnnxRuntime;
  readonly #task: FitTask;
  /** Of the first pass: what does not depend on the anchor is summed once. */
  #first: AnchoredState | null = null;

  constructor(runtime: OnnxRuntime, task: FitTask) {
    this.#runtime = runtime;
    this.#task = task;
  }

  /** @throws EverviewError when the rows have no finite optimum whatever the features. */
  async run(): Promise<NewtonFit> {
    const { plan, loss, method, parts, options, warm } = this.#task;
    const tolerance = options.tolerance ?? defaultTolerance;
    const checked =
      (scan: Scan): Scan =>
      async (law, anchor) => {
        const state = await scan(law, anchor);
        assertTrainable(plan, state, method);
        return state;
      };
    const scan = checked((law, anchor) => this.#scan(law, anchor));
    const onSource = { ...options, tolerance, mostScans: mostPasses };
    if (warm !== null && parts.parts.length > 1) return newtonFit(plan, loss, scan, warm, onSource);
    const { blocks, isWhole } = await this.#sample();
    const isKinked = loss.curvature.kind === 'kinked';
    const inMemory = (law: Loss, anchor: Float64Array) => this.#scanBlocks(blocks, law, anchor);
    const start = warm ?? (await this.#start(inMemory));
    if (isWhole) {
      this.scans = 1;
      const mostScans = isKinked ? mostPassesAcrossKinks : mostPassesInMemory;
      const onBlocks = { ...options, tolerance, mostScans };
      return newtonFit(plan, loss, checked(inMemory), start, onBlocks);
    }
    const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
    const first = await newtonFit(plan, loss, inMemory, start, {
      ...options,
      l2: (options.l2 * rows) / Math.max(rows, parts.rows),
      // the sample's optimum is no nearer than this to the one looked for
      tolerance: 1e-3,
      mostScans: isKinked ? mostPassesAcrossKinks : mostPassesOfSample,
    });
    const isUsable = first.view.weights.every(Number.isFinite) && first.view.certificate.kind !== 'none';
    return newtonFit(plan, loss, scan, isUsable ? first.view.weights : first.state.anchor, onSource);
  }

  async #scanBlocks(blocks: readonly DesignRows[], law: Loss, anchor: Float64Array): Promise<AnchoredState> {
    const sums = new AnchoredAccumulator(this.#runtime, law, this.#task.layout, anchor);
    for (const block of blocks) await sums.add(block);
    return sums.state;
  }

  /** Rows spread over the source, in memory; the whole of it when it is small. */
  async #sample(): Promise<{ blocks: DesignRows[]; isWhole: boolean }> {
    const { snapshots, plan, layout, parts, source } = this.#task;
    const blocks: DesignRows[] = [];
    const cutter = new DesignBlock(plan, layout.frame, layout.levels, {
      reuse: false,
      moments: true,
    });
    const isOneScan = parts.parts.length === 1;
    let rows = 0;
    for (const condition of parts.sample) {
      const query = momentQuery(plan, source(condition), layout.levels);
      for await (const block of cutter.blocks(snapshots[0].batches(query))) {
        blocks.push(block);
        rows += block.rows;
        if (isOneScan && rows > this.#task.rowsInMemory)
          return { blocks: blocks.slice(0, sampleBlocks), isWhole: false };
      }
    }
    this.rowsRead += rows;
    return { blocks, isWhole: isOneScan };
  }

  /** The model without features, near enough that no exponential overflows. */
  async #start(scan: Scan): Promise<Float64Array> {
    const { plan, loss, layout } = this.#task;
    const size = designSize(plan.measured.length, layout.levels);
    const start = new Float64Array(loss.scores * size);
    const state = await scan(loss, start);
    const rows = trainingRows(state);
    if (rows === 0) return start;
    loss.start((state.labels.high[0] ?? 0) / rows).forEach((value, score) => {
      start[score * size] = value;
    });
    return start;
  }

  async #scan(law: Loss, anchor: Float64Array): Promise<AnchoredState> {
    this.scans += 1;
    const { snapshots, plan, layout, parts, source } = this.#task;
    const sources = parts.parts.map(source);
    // the distances from a kink depend on the anchor, and are told with the norms
    const known = law.curvature.kind === 'kinked' ? null : this.#first;
    const isFirst = known === null;
    const sums = await sumParts(this.#runtime, snapshots, plan, law, layout, anchor, sources, isFirst);
    const sum = emptyAnchored(law, layout.frame, layout.levels, layout.classes);
    sum.anchor.set(anchor);
    for (const part of sums) {
      mergeAnchored(sum, part.state, 1);
      this.rowsRead += part.rows;
    }
    this.#first ??= sum;
    return known === null ? sum : withMomentsOf(sum, known);
  }
}
