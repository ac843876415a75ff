import type { ColumnBatch, ColumnVector } from '../../src/core/session.ts';
import { AnchoredAccumulator } from '../../src/model/anchored/anchored-accumulator.ts';
import { anchoredWithLevels, tidiedAnchored } from '../../src/model/anchored/anchored-layout.ts';
import type { AnchoredParameters } from '../../src/model/anchored/anchored-parameters.ts';
import { type AnchoredState, emptyAnchored, mergeAnchored } from '../../src/model/anchored/anchored-state.ts';
import { DesignBlock } from '../../src/model/anchored/design-block.ts';
import type { Loss } from '../../src/model/anchored/loss.ts';
import { type NewtonFit, newtonFit } from '../../src/model/anchored/newton-fit.ts';
import type { FeaturePlan } from '../../src/model/feature-plan.ts';
import { setFrame } from '../../src/model/moment-query.ts';
import type { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import { type Frame, type Levels, mergeLevels } from '../../src/model/sums-state.ts';
import type { GlmRow } from './glm-reference.ts';

export function planOf(numeric: number, categories: number, binary: readonly boolean[] = []): FeaturePlan {
  return {
    model: 'm',
    measured: Array.from({ length: numeric }, (_, j) => ({
      name: `x${j}`,
      source: { kind: 'column', column: `x${j}` },
      kind: binary[j] === true ? 'boolean' : 'numeric',
    })),
    categorical: Array.from({ length: categories }, (_, c) => ({
      name: `c${c}`,
      source: { kind: 'column', column: `c${c}` },
      type: 'VARCHAR',
    })),
    label: 'y',
    furtherLabels: [],
    labelType: 'DOUBLE',
    task: 'number',
    weighting: null,
    missing: 'impute',
  };
}

/** As the store would give them: measured features, label, places of levels. */
async function* batchesOf(
  rows: readonly GlmRow[],
  plan: FeaturePlan,
  levels: readonly Levels[],
): AsyncIterable<ColumnBatch> {
  const column = (values: ArrayLike<number>, nulls: readonly boolean[]): ColumnVector => ({
    values: values instanceof Int32Array ? values : Float64Array.from(values),
    allValid: !nulls.includes(true),
    isValid: (row) => nulls[row] !== true,
  });
  if (rows.length === 0) return;
  const measured = plan.measured.map((_, j) =>
    column(
      rows.map((row) => row.numeric[j] ?? 0),
      rows.map((row) => row.numeric[j] === null),
    ),
  );
  const labels = column(
    rows.map((row) => row.y),
    [],
  );
  const codes = plan.categorical.map((_, c) =>
    column(
      Int32Array.from(rows, (row) => Math.max(0, (levels[c] ?? []).indexOf(row.categories[c] ?? null))),
      rows.map((row) => row.categories[c] === null),
    ),
  );
  yield { schema: [], rowCount: rows.length, columns: [...measured, labels, ...codes] };
}

function levelsOf(rows: readonly GlmRow[], plan: FeaturePlan): Levels[] {
  return plan.categorical.map((_, c) =>
    mergeLevels(
      [],
      rows.map((row) => row.categories[c] ?? null),
    ),
  );
}

function frameOf(rows: readonly GlmRow[], plan: FeaturePlan): Frame {
  const measured = plan.measured.length;
  const frame = { pivot: new Float64Array(measured), scale: new Float64Array(measured).fill(1) };
  plan.measured.forEach(({ kind }, j) => {
    const values = rows.flatMap((row) => row.numeric[j] ?? []);
    if (kind === 'boolean' || values.length === 0) return;
    const first = values[0] ?? 0;
    const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    if (deviation > 0) setFrame(frame, j, mean, deviation);
    else frame.pivot[j] = first;
  });
  return frame;
}

export type InMemoryFit = {
  readonly l2: number;
  readonly standardize: boolean;
  readonly tolerance?: number;
};

/** Fits and maintains a model over rows in memory, by the real blocks, kernels and solver: only the store is left out. */
export class AnchoredRows {
  readonly #runtime: OnnxRuntime;
  readonly #plan: FeaturePlan;
  readonly #loss: Loss;
  readonly #classes: number;
  /** Blocks are large: kept as long as frame and levels are. */
  #cutter: { readonly block: DesignBlock; readonly frame: Frame; readonly levels: readonly Levels[] } | null =
    null;

  constructor(runtime: OnnxRuntime, plan: FeaturePlan, loss: Loss, classes: number) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#loss = loss;
    this.#classes = classes;
  }

  async #sum(rows: readonly GlmRow[], state: AnchoredState, loss = this.#loss): Promise<AnchoredState> {
    const layout = { frame: state.frame, levels: state.levels, classes: this.#classes };
    const sums = new AnchoredAccumulator(this.#runtime, loss, layout, state.anchor);
    const cutter = this.#cutterOf(state);
    for await (const block of cutter.blocks(batchesOf(rows, this.#plan, state.levels))) await sums.add(block);
    return sums.state;
  }

  #cutterOf({ frame, levels }: AnchoredState): DesignBlock {
    const known = this.#cutter;
    if (known !== null && known.frame === frame && isSame(known.levels, levels)) return known.block;
    const block = new DesignBlock(this.#plan, frame, levels, { reuse: true, moments: true });
    this.#cutter = { block, frame, levels };
    return block;
  }

  async fit(rows: readonly GlmRow[], options: InMemoryFit): Promise<NewtonFit> {
    const empty = emptyAnchored(
      this.#loss,
      frameOf(rows, this.#plan),
      levelsOf(rows, this.#plan),
      this.#classes,
    );
    const size = empty.columns.high.length;
    const mean = rows.reduce((sum, row) => sum + row.y, 0) / Math.max(1, rows.length);
    const start = new Float64Array(empty.anchor.length);
    this.#loss.start(mean).forEach((value, score) => {
      start[score * size] = value;
    });
    const fit = await newtonFit(
      this.#plan,
      this.#loss,
      (loss, anchor) => this.#sum(rows, { ...empty, anchor }, loss),
      start,
      { tolerance: 1e-9, ...options, mostScans: 60 },
    );
    return { ...fit, state: tidiedAnchored(fit.state) };
  }

  async advance(
    state: AnchoredState,
    entering: readonly GlmRow[],
    leaving: readonly GlmRow[],
  ): Promise<AnchoredState> {
    const found = levelsOf([...entering, ...leaving], this.#plan);
    const levels = state.levels.map((known, index) => mergeLevels(known, found[index] ?? []));
    const sum = anchoredWithLevels(state, levels);
    const empty = { ...sum };
    const entered = await this.#sum(entering, empty);
    const left = await this.#sum(leaving, empty);
    mergeAnchored(sum, entered, 1);
    mergeAnchored(sum, left, -1);
    return tidiedAnchored(sum);
  }
}

function isSame(a: readonly Levels[], b: readonly Levels[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Scores by the parameters alone. */
export function scoresAt(parameters: AnchoredParameters, row: GlmRow): number[] {
  return parameters.scores.map(({ offset }, k) => {
    let score = offset;
    parameters.features.forEach((feature, j) => {
      const value = row.numeric[j] ?? null;
      score +=
        value === null
          ? (feature.missingWeights[k] ?? 0)
          : (feature.weights[k] ?? 0) * (value - feature.center);
    });
    parameters.categories.forEach(({ levels }, c) => {
      const known = levels.find(({ level }) => level === (row.categories[c] ?? null));
      score += known?.weights[k] ?? 0;
    });
    return score;
  });
}
