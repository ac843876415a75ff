import { type AnchoredParameters, solveAnchored } from '../../src/model/anchored/anchored-parameters.ts';
import type { AnchoredState } from '../../src/model/anchored/anchored-state.ts';
import { createLoss } from '../../src/model/anchored/create-loss.ts';
import {
  boundRow,
  classBoundsAt,
  logisticBound,
  meanBound,
  scoreBoundAt,
  softmaxBound,
} from '../../src/model/anchored/score-bound.ts';
import { needsReframe } from '../../src/model/anchored/state-frame.ts';
import type { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import { AnchoredRows, scoresAt } from './anchored-rows.ts';
import { type CertificateWorld, createWorld } from './certificate-world.ts';
import { fitGlm, type GlmFit, type GlmRow } from './glm-reference.ts';
import { Random } from './random.ts';

export type CertificateTally = {
  /** Certified models compared with a fit from scratch. */
  checks: number;
  /** Of these, certificates that prove every score to within 1 and within 0.01. */
  within1: number;
  within001: number;
  /** Rows of them, training rows and others. */
  rows: number;
  /** Rows of those that prove every score to within 1, so that what is checked says something. */
  tellingRows: number;
  readonly kinds: Record<string, number>;
  readonly methods: Record<string, number>;
  /** Models without a certificate, or without a reference that settled. */
  uncertified: number;
  unsettled: number;
  /** The largest error in units of its bound. */
  tightest: number;
  readonly violations: string[];
};

export function emptyTally(): CertificateTally {
  return {
    checks: 0,
    within1: 0,
    within001: 0,
    rows: 0,
    tellingRows: 0,
    kinds: {},
    methods: {},
    uncertified: 0,
    unsettled: 0,
    tightest: 0,
    violations: [],
  };
}

const steps = 12;
/** A model this far from its certificate's promise is fitted anew, as a policy would. */
const tolerable = 5;

/**
 * One random history: after every step, the maintained model against one fitted from scratch by other code.
 *
 * @param share of each bound that is allowed: below 1 to see that violations would be found
 */
export async function certificateHistory(
  runtime: OnnxRuntime,
  seed: number,
  tally: CertificateTally,
  share = 1,
): Promise<void> {
  const random = new Random(seed);
  const world = createWorld(random);
  const loss = createLoss(world.method);
  const keeper = new AnchoredRows(runtime, world.plan, loss, world.classes);
  let rows = random.list(random.int(world.options.l2 === 0 ? 80 : 4, 100), () => world.row(0));
  let state: AnchoredState | null = null;
  for (let time = 1; time <= steps; time++) {
    if (state === null && isTrainable(rows, world)) {
      const fit = await keeper.fit(rows, { ...world.options, tolerance: 1e-7 });
      if (fit.isDone) state = fit.state;
    }
    const change = changeOf(random, rows, time, world);
    rows = [...rows.filter((row) => !change.leaving.includes(row)), ...change.entering];
    if (state === null) continue;
    state = await keeper.advance(state, change.entering, change.leaving);
    if (!isTrainable(rows, world)) continue;
    if (needsReframe(state) !== null) {
      state = null;
      continue;
    }
    const parameters = solveAnchored(world.plan, state, world.method, world.options);
    compare(parameters, rows, world, tally, { seed, time, share, random });
    if (!(parameters.certificate.worst < tolerable)) state = null;
  }
}

/** Whether there is an optimum at all. */
function isTrainable(rows: readonly GlmRow[], { method, classes, options }: CertificateWorld): boolean {
  if (rows.length === 0 || (options.l2 === 0 && rows.length < 40)) return false;
  if (method.kind === 'poisson') return rows.some((row) => row.y > 0);
  return Array.from({ length: classes }, (_, k) => rows.some((row) => row.y === k)).every((some) => some);
}

function changeOf(random: Random, rows: readonly GlmRow[], time: number, world: CertificateWorld) {
  const fresh = (count: number) => random.list(count, () => world.row(time));
  const share = random.pick([0.01, 0.03, 0.1, 0.3]);
  const some = Math.max(1, Math.round(rows.length * share));
  const oldest = rows.slice(0, some);
  switch (
    random.pick(['insert', 'insert', 'delete', 'window', 'update', 'update', 'empty', 'replace'] as const)
  ) {
    case 'insert':
      return { entering: fresh(some), leaving: [] };
    case 'delete':
      return { entering: [], leaving: random.sample(rows, some) };
    case 'window':
      return { entering: fresh(some), leaving: oldest };
    case 'update': {
      const leaving = random.sample(rows, some);
      return { entering: leaving.map((row) => ({ ...row, y: world.row(time).y })), leaving };
    }
    case 'empty':
      // all rows leave, and other ones come: only now and then, because it is the end of a certificate
      return random.chance(0.2)
        ? { entering: fresh(30), leaving: [...rows] }
        : { entering: fresh(1), leaving: [] };
    case 'replace':
      return { entering: rows.slice(0, some).map((row) => ({ ...row })), leaving: oldest };
  }
}

type CheckContext = {
  readonly seed: number;
  readonly time: number;
  readonly share: number;
  readonly random: Random;
};

function compare(
  parameters: AnchoredParameters,
  rows: readonly GlmRow[],
  world: CertificateWorld,
  tally: CertificateTally,
  { seed, time, share, random }: CheckContext,
): void {
  const { bound, certificate } = parameters;
  if (bound === null) {
    tally.uncertified += 1;
    return;
  }
  const reference = fitGlm(rows, world.reference);
  if (!(reference.gradient < 1e-13)) {
    tally.unsettled += 1;
    return;
  }
  tally.checks += 1;
  if (certificate.worst <= 1) tally.within1 += 1;
  if (certificate.worst <= 0.01) tally.within001 += 1;
  const name = world.classes > 2 ? 'softmax' : world.method.kind;
  tally.kinds[certificate.kind] = (tally.kinds[certificate.kind] ?? 0) + 1;
  tally.methods[name] = (tally.methods[name] ?? 0) + 1;
  // where l2 = 0 nothing determines the scores of rows unlike all training rows
  const others = world.options.l2 === 0 ? [] : random.list(3, () => world.row(time + 3));
  for (const [index, row] of [...rows, ...others].entries()) {
    tally.rows += 1;
    if (certificate.worst <= 1) tally.tellingRows += 1;
    const found = violationOf(parameters, reference, row, world, tally, share, index < rows.length);
    if (found !== null) {
      tally.violations.push(`seed ${seed}, step ${time}, ${name}, ${certificate.kind}: ${found}`);
      return;
    }
  }
}

function violationOf(
  parameters: AnchoredParameters,
  reference: GlmFit,
  row: GlmRow,
  world: CertificateWorld,
  tally: CertificateTally,
  share: number,
  isTraining: boolean,
): string | null {
  const { bound } = parameters;
  if (bound === null) return 'no bound';
  const served = scoresAt(parameters, row);
  const exact = reference.scores(row);
  const centred = row.numeric.map((value, j) =>
    value === null ? null : value - (parameters.features[j]?.center ?? 0),
  );
  const x = boundRow(bound, centred, row.categories);
  // what the reference itself can be off by
  const slack = 1e-11 * (1 + Math.max(...exact.map(Math.abs)));
  const check = (error: number, most: number, what: string) => {
    tally.tightest = Math.max(tally.tightest, error / (most + slack));
    return error <= share * most + slack ? null : `${what} is off by ${error}, proved within ${most}`;
  };
  if (world.classes > 2) {
    const bounds = classBoundsAt(bound, x);
    for (let a = 0; a < served.length; a++) {
      for (let b = 0; b < a; b++) {
        const error = Math.abs((served[a] ?? 0) - (served[b] ?? 0) - ((exact[a] ?? 0) - (exact[b] ?? 0)));
        const found = check(error, bounds[a]?.[b] ?? 0, `score ${a} less ${b}`);
        if (found !== null) return found;
      }
    }
    const answer = softmaxBound(served, bounds);
    if (answer.isLabelCertain && served.indexOf(Math.max(...served)) !== exact.indexOf(Math.max(...exact)))
      return 'the certain label is another one';
    const off = Math.max(...softmax(served).map((p, k) => Math.abs(p - (softmax(exact)[k] ?? 0))));
    return check(off, answer.answer, 'a probability');
  }
  const [score = 0] = served;
  const [truth = 0] = exact;
  const most = scoreBoundAt(bound, x);
  const found = check(Math.abs(score - truth), most, 'the score');
  if (found !== null) return found;
  if (isTraining && most > parameters.certificate.worst * (1 + 1e-9))
    return `a row's bound ${most} is above the worst`;
  if (world.method.kind === 'logistic') {
    const answer = logisticBound(score, most);
    if (answer.isLabelCertain && score > 0 !== truth > 0) return 'the certain label is the other one';
    return check(
      Math.abs(1 / (1 + Math.exp(-score)) - 1 / (1 + Math.exp(-truth))),
      answer.answer,
      'the probability',
    );
  }
  if (world.method.kind === 'huber') return null;
  const mean = Math.exp(truth);
  return Math.abs(Math.exp(score) - mean) <= meanBound(score, most).answer + 4 * slack * mean
    ? null
    : 'the mean is off';
}

function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
