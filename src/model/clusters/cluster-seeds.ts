import type { DesignRows } from '../anchored/design-block.ts';
import type { Frame, Levels } from '../sums-state.ts';
import { addBlock, scoreBlock } from './cluster-accumulator.ts';
import { inertiaOf } from './cluster-spread.ts';
import { type ClusterState, designWidth, emptyClusters, weightsOf } from './cluster-state.ts';
import { lloyd } from './lloyd.ts';

/** Starts of which the best is taken. */
const starts = 4;

/** Rows of a sample with rounded z; their weights say how often each is there. */
export type Sample = {
  readonly blocks: readonly DesignRows[];
  readonly frame: Frame;
  readonly levels: readonly Levels[];
};

/**
 * Where to start: the best of a few runs of Lloyd's over the sample, each from greedy k-means++ (Arthur and Vassilvitskii
 * 2007; of several candidates the one that leaves least). Nothing in it is left to chance: the sample comes in the order of
 * its rows' hashes, and the draws are the golden ratio's multiples. Fewer centroids where there are fewer distinct rows;
 * none without any.
 */
export async function seedWeights(sample: Sample, clusters: number): Promise<Float64Array | null> {
  let best: { readonly weights: Float64Array; readonly inertia: number } | null = null;
  for (let start = 0; start < starts; start++) {
    const seeds = spreadSeeds(sample, clusters, new Draws(start / starts));
    if (seeds.length === 0) return null;
    const state = await lloyd((anchor) => sumSample(sample, anchor), weightsOf(seeds));
    const inertia = inertiaOf(state);
    if (best === null || inertia < best.inertia) best = { weights: state.anchor, inertia };
  }
  return best?.weights ?? null;
}

export function sumSample({ blocks, frame, levels }: Sample, anchor: Float64Array): ClusterState {
  const state = emptyClusters(frame, levels, anchor);
  for (const block of blocks) addBlock(state, block);
  return state;
}

/** Numbers in [0, 1), evenly spread. */
class Draws {
  #at: number;

  constructor(at: number) {
    this.#at = at;
  }

  next(): number {
    this.#at = (this.#at + (Math.sqrt(5) - 1) / 2) % 1;
    return this.#at;
  }
}

function spreadSeeds(sample: Sample, clusters: number, draws: Draws): Float64Array[] {
  const rows = new SampleRows(sample);
  const first = rows.draw(rows.weights, draws.next());
  if (first === null) return [];
  const seeds = [rows.vector(first)];
  let distances = rows.distances(rows.vector(first));
  const candidates = 2 + Math.floor(Math.log(clusters));
  while (seeds.length < clusters) {
    let found: { readonly seed: Float64Array; readonly left: Float64Array; readonly total: number } | null =
      null;
    for (let candidate = 0; candidate < candidates; candidate++) {
      const row = rows.draw(rows.weighted(distances), draws.next());
      if (row === null) return seeds;
      const seed = rows.vector(row);
      const left = rows.distances(seed).map((distance, at) => Math.min(distance, distances[at] ?? 0));
      const total = rows.weighted(left).reduce((sum, value) => sum + value, 0);
      if (found === null || total < found.total) found = { seed, left, total };
    }
    if (found === null) return seeds;
    seeds.push(found.seed);
    distances = found.left;
  }
  return seeds;
}

/** Squared distances below this share of the vectors' own squares are rounding. */
const negligible = 1e-12;

/** The sample's rows one after the other. */
class SampleRows {
  readonly weights: Float64Array;
  readonly #blocks: readonly DesignRows[];
  readonly #width: number;
  readonly #norms: Float64Array;

  constructor({ blocks, frame, levels }: Sample) {
    this.#blocks = blocks;
    this.#width = designWidth(frame.pivot.length, levels);
    this.weights = joined(blocks.map(({ weights }) => weights));
    this.#norms = joined(blocks.map(squaredNorms));
  }

  /** v with the place of the ones left 0. */
  vector(row: number): Float64Array {
    const vector = new Float64Array(this.#width);
    let at = row;
    for (const { rows, columns, z, codes } of this.#blocks) {
      if (at >= rows) {
        at -= rows;
        continue;
      }
      columns.forEach((column, line) => {
        vector[column] = z[line * rows + at] ?? 0;
      });
      for (const places of codes) vector[places[at] ?? 0] = 1;
      vector[0] = 0;
      break;
    }
    return vector;
  }

  /** |v − c|² = |v|² − 2·(c·v − |c|²/2) of every row. */
  distances(centroid: Float64Array): Float64Array {
    const weights = weightsOf([centroid]);
    const own = -2 * (weights[0] ?? 0);
    const scores = joined(this.#blocks.map((block) => scoreBlock(block, weights, this.#width)));
    return scores.map((score, row) => {
      const norm = this.#norms[row] ?? 0;
      const distance = norm - 2 * score;
      return distance > negligible * (norm + own) ? distance : 0;
    });
  }

  weighted(values: Float64Array): Float64Array {
    return values.map((value, row) => value * (this.weights[row] ?? 0));
  }

  /** The row at a share of all masses; null when there is no mass. */
  draw(masses: Float64Array, share: number): number | null {
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    if (!(total > 0)) return null;
    let left = share * total;
    let last: number | null = null;
    for (let row = 0; row < masses.length; row++) {
      const mass = masses[row] ?? 0;
      if (mass === 0) continue;
      last = row;
      left -= mass;
      if (left < 0) break;
    }
    return last;
  }
}

function squaredNorms({ rows, columns, z, codes }: DesignRows): Float64Array {
  const norms = new Float64Array(rows).fill(codes.length);
  columns.forEach((column, line) => {
    if (column === 0) return;
    for (let i = 0; i < rows; i++) norms[i] = (norms[i] ?? 0) + (z[line * rows + i] ?? 0) ** 2;
  });
  return norms;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const result = new Float64Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
