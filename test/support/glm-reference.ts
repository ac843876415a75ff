/**
 * Generalized linear models fitted by a plain damped Newton's method on an explicit dense design, for comparison: no
 * code in common with src/model/anchored. Minimizes Σ loss + l2/2·‖w‖², the intercepts free; classes have a weight
 * vector each, as in scikit-learn.
 */
export type GlmRow = {
  readonly numeric: readonly (number | null)[];
  readonly categories: readonly (string | null)[];
  /** A number, or the place of the class. */
  readonly y: number;
};

export type GlmOptions = {
  readonly kind: 'logistic' | 'poisson' | 'gamma' | 'huber';
  /** Of a classifier; two make one score. */
  readonly classes: number;
  readonly delta: number;
  readonly l2: number;
  readonly standardize: boolean;
  /** Per numeric feature: a 0/1 column that is never standardized. */
  readonly binary: readonly boolean[];
};

export type GlmFit = {
  /** Per score: [intercept, weights of `columns` …]. */
  readonly weights: readonly (readonly number[])[];
  scores(row: GlmRow): number[];
  /** Largest part of the gradient, relative to the sum of magnitudes it is formed from. */
  readonly gradient: number;
};

type Column = { readonly at: (row: GlmRow) => number; readonly mean: number; readonly unit: number };

export function fitGlm(rows: readonly GlmRow[], options: GlmOptions): GlmFit {
  const columns = designColumns(rows, options);
  const design = rows.map((row) => [1, ...columns.map((c) => (c.at(row) - c.mean) / c.unit)]);
  const scores = options.kind === 'logistic' && options.classes > 2 ? options.classes : 1;
  const problem: Problem = { design, labels: rows.map((row) => row.y), scores, options };
  const solved = minimize(problem);
  const width = columns.length + 1;
  return {
    weights: Array.from({ length: scores }, (_, k) => solved.slice(k * width, (k + 1) * width)),
    scores: (row) => {
      const x = [1, ...columns.map((c) => (c.at(row) - c.mean) / c.unit)];
      return Array.from({ length: scores }, (_, k) => dot(solved.slice(k * width, (k + 1) * width), x));
    },
    gradient: relativeGradient(problem, solved),
  };
}

function designColumns(rows: readonly GlmRow[], options: GlmOptions): Column[] {
  const columns: Column[] = [];
  const width = rows[0]?.numeric.length ?? 0;
  const add = (at: (row: GlmRow) => number, isScaled: boolean, mean: number) => {
    const variance =
      mean === 0 && rows.length === 0 ? 0 : total(rows.map((r) => (at(r) - mean) ** 2)) / rows.length;
    const first = rows[0];
    if (first === undefined || rows.every((r) => at(r) === at(first))) return;
    columns.push({ at, mean, unit: isScaled ? Math.sqrt(variance) : 1 });
  };
  for (let j = 0; j < width; j++) {
    const present = rows.flatMap((row) => row.numeric[j] ?? []);
    const first = present[0] ?? 0;
    const mean = present.length === 0 ? 0 : first + total(present.map((x) => x - first)) / present.length;
    if (!present.every((x) => x === first))
      add((row) => row.numeric[j] ?? mean, options.standardize && !options.binary[j], mean);
    const share = rows.filter((row) => row.numeric[j] === null).length / rows.length;
    add((row) => (row.numeric[j] === null ? 1 : 0), false, share);
  }
  const categories = rows[0]?.categories.length ?? 0;
  for (let c = 0; c < categories; c++) {
    for (const level of new Set(rows.map((row) => row.categories[c] ?? null))) {
      const at = (row: GlmRow) => ((row.categories[c] ?? null) === level ? 1 : 0);
      add(at, false, total(rows.map(at)) / rows.length);
    }
  }
  return columns;
}

type Problem = {
  readonly design: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly scores: number;
  readonly options: GlmOptions;
};

/** Loss, its derivatives in the scores, and the second ones; `soft`: Huber's weights in place of its curvature. */
function lossAt(scores: readonly number[], y: number, { kind, delta }: GlmOptions, soft: boolean) {
  const s = scores[0] ?? 0;
  if (scores.length > 1) {
    const top = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - top));
    const sum = total(powers);
    const p = powers.map((power) => power / sum);
    return {
      value: top + Math.log(sum) - (scores[y] ?? 0),
      slopes: p.map((share, k) => share - (k === y ? 1 : 0)),
      curvature: (a: number, b: number) => (p[a] ?? 0) * ((a === b ? 1 : 0) - (p[b] ?? 0)),
    };
  }
  const single = (value: number, slope: number, curvature: number) => ({
    value,
    slopes: [slope],
    curvature: () => curvature,
  });
  switch (kind) {
    case 'logistic': {
      const p = s > 0 ? 1 / (1 + Math.exp(-s)) : Math.exp(s) / (1 + Math.exp(s));
      const q = s > 0 ? Math.exp(-s) / (1 + Math.exp(-s)) : 1 / (1 + Math.exp(s));
      return single(Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - y * s, y === 1 ? -q : p, p * q);
    }
    case 'poisson':
      return single(Math.exp(s) - y * s, Math.exp(s) - y, Math.exp(s));
    case 'gamma':
      return single(y * Math.exp(-s) + s, 1 - y * Math.exp(-s), y * Math.exp(-s));
    case 'huber': {
      const r = s - y;
      const far = Math.abs(r) > delta;
      if (!far) return single((r * r) / 2, r, 1);
      return single(delta * (Math.abs(r) - delta / 2), Math.sign(r) * delta, soft ? delta / Math.abs(r) : 0);
    }
  }
}

function scoresOf(problem: Problem, w: readonly number[], x: readonly number[]): number[] {
  const width = x.length;
  const scores: number[] = [];
  for (let k = 0; k < problem.scores; k++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += (w[k * width + j] ?? 0) * (x[j] ?? 0);
    scores.push(sum);
  }
  return scores;
}

function objective(problem: Problem, w: readonly number[]): number {
  const width = problem.design[0]?.length ?? 1;
  const losses = problem.design.map(
    (x, i) => lossAt(scoresOf(problem, w, x), problem.labels[i] ?? 0, problem.options, false).value,
  );
  const penalty = w.map((value, j) => (j % width === 0 ? 0 : value * value));
  return total(losses) + (problem.options.l2 / 2) * total(penalty);
}

function newtonStep(
  problem: Problem,
  w: readonly number[],
  soft: boolean,
): { step: number[]; gradient: number[] } {
  const width = problem.design[0]?.length ?? 1;
  const size = width * problem.scores;
  const gradient = new CompensatedSums(size);
  const hessian: number[][] = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  problem.design.forEach((x, i) => {
    const at = lossAt(scoresOf(problem, w, x), problem.labels[i] ?? 0, problem.options, soft);
    for (let a = 0; a < problem.scores; a++) {
      const slope = at.slopes[a] ?? 0;
      for (let j = 0; j < width; j++) gradient.add(a * width + j, slope * (x[j] ?? 0));
      for (let b = 0; b < problem.scores; b++) {
        const curvature = at.curvature(a, b);
        if (curvature === 0) continue;
        for (let j = 0; j < width; j++) {
          const line = hessian[a * width + j] ?? [];
          const part = curvature * (x[j] ?? 0);
          for (let k = 0; k < width; k++)
            line[b * width + k] = (line[b * width + k] ?? 0) + part * (x[k] ?? 0);
        }
      }
    }
  });
  for (let j = 0; j < size; j++) {
    const line = hessian[j] ?? [];
    if (j % width !== 0) {
      gradient.add(j, problem.options.l2 * (w[j] ?? 0));
      line[j] = (line[j] ?? 0) + problem.options.l2;
    }
    // classes: adding the same to all of them changes nothing but the penalty, so stay where they sum to 0
    if (problem.scores > 1) {
      for (let k = j % width; k < size; k += width) line[k] = (line[k] ?? 0) + problem.design.length;
    }
  }
  const sums = gradient.values();
  return {
    step: eliminate(
      hessian,
      sums.map((value) => -value),
    ),
    gradient: sums,
  };
}

function minimize(problem: Problem): number[] {
  const { options } = problem;
  const size = (problem.design[0]?.length ?? 1) * problem.scores;
  let w = new Array<number>(size).fill(0);
  const mean = total([...problem.labels]) / problem.labels.length;
  if (options.kind === 'poisson' || options.kind === 'gamma') w[0] = Math.log(mean);
  if (options.kind === 'huber') w[0] = mean;
  const kinked = options.kind === 'huber';
  let best = objective(problem, w);
  for (let round = 0; round < 300; round++) {
    const isSoft = kinked && round % 6 !== 5;
    const { step } = newtonStep(problem, w, isSoft);
    let share = 1;
    let next = moved(w, step, share);
    while (share > 1e-6 && !(objective(problem, next) <= best)) {
      share /= 2;
      next = moved(w, step, share);
    }
    if (share <= 1e-6) {
      if (!kinked || isSoft) continue;
      break;
    }
    const value = objective(problem, next);
    const gain = best - value;
    w = next;
    best = value;
    if (gain <= 1e-13 * (Math.abs(best) + 1) && (!kinked || !isSoft)) break;
  }
  // the objective's digits end at half of the gradient's: three more steps by the gradient alone
  for (let round = 0; round < 3; round++) w = moved(w, newtonStep(problem, w, false).step, 1);
  return w;
}

function relativeGradient(problem: Problem, w: readonly number[]): number {
  const { gradient } = newtonStep(problem, w, false);
  const width = problem.design[0]?.length ?? 1;
  const sizes = new Array<number>(gradient.length).fill(1e-300);
  problem.design.forEach((x, i) => {
    const at = lossAt(scoresOf(problem, w, x), problem.labels[i] ?? 0, problem.options, false);
    at.slopes.forEach((slope, a) => {
      x.forEach((value, j) => {
        sizes[a * width + j] = (sizes[a * width + j] ?? 0) + Math.abs(slope * value);
      });
    });
  });
  return Math.max(...gradient.map((value, j) => Math.abs(value) / (sizes[j] ?? 1)));
}

function moved(w: readonly number[], step: readonly number[], share: number): number[] {
  return w.map((value, j) => value + share * (step[j] ?? 0));
}

function dot(a: readonly number[], b: readonly number[]): number {
  const sums = new CompensatedSums(1);
  for (let j = 0; j < a.length; j++) sums.add(0, (a[j] ?? 0) * (b[j] ?? 0));
  return sums.values()[0] ?? 0;
}

function total(values: readonly number[]): number {
  const sums = new CompensatedSums(1);
  for (const value of values) sums.add(0, value);
  return sums.values()[0] ?? 0;
}

/** Neumaier's. */
class CompensatedSums {
  readonly #sums: Float64Array;
  readonly #rests: Float64Array;

  constructor(size: number) {
    this.#sums = new Float64Array(size);
    this.#rests = new Float64Array(size);
  }

  add(index: number, value: number): void {
    const before = this.#sums[index] ?? 0;
    const sum = before + value;
    const lost = Math.abs(before) >= Math.abs(value) ? before - sum + value : value - sum + before;
    this.#rests[index] = (this.#rests[index] ?? 0) + lost;
    this.#sums[index] = sum;
  }

  values(): number[] {
    return Array.from(this.#sums, (sum, index) => sum + (this.#rests[index] ?? 0));
  }
}

/** Gauss with row and column scaling and partial pivoting; a pivot of nothing leaves its unknown 0. */
function eliminate(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = right.length;
  const scale = matrix.map((line, i) => ((line[i] ?? 0) > 0 ? 1 / Math.sqrt(line[i] ?? 1) : 1));
  const work = matrix.map((line, i) => [
    ...line.map((value, j) => value * (scale[i] ?? 1) * (scale[j] ?? 1)),
    (right[i] ?? 0) * (scale[i] ?? 1),
  ]);
  const order = Array.from({ length: size }, (_, i) => i);
  const dead = new Set<number>();
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column; i < size; i++) {
      if (Math.abs(work[order[i] ?? 0]?.[column] ?? 0) > Math.abs(work[order[pivot] ?? 0]?.[column] ?? 0))
        pivot = i;
    }
    [order[column], order[pivot]] = [order[pivot] ?? 0, order[column] ?? 0];
    const line = work[order[column] ?? 0] ?? [];
    const own = line[column] ?? 0;
    if (Math.abs(own) < 1e-15) {
      dead.add(column);
      continue;
    }
    for (let i = column + 1; i < size; i++) {
      const other = work[order[i] ?? 0] ?? [];
      const factor = (other[column] ?? 0) / own;
      if (factor !== 0)
        for (let j = column; j <= size; j++) other[j] = (other[j] ?? 0) - factor * (line[j] ?? 0);
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let column = size - 1; column >= 0; column--) {
    if (dead.has(column)) continue;
    const line = work[order[column] ?? 0] ?? [];
    let rest = line[size] ?? 0;
    for (let j = column + 1; j < size; j++) rest -= (line[j] ?? 0) * (solution[j] ?? 0);
    solution[column] = rest / (line[column] ?? 1);
  }
  return solution.map((value, i) => value * (scale[i] ?? 1));
}
