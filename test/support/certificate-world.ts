import { type AnchoredMethod, createLoss } from '../../src/model/anchored/create-loss.ts';
import type { FeaturePlan } from '../../src/model/feature-plan.ts';
import { planOf } from './anchored-rows.ts';
import type { GlmOptions, GlmRow } from './glm-reference.ts';
import type { Random } from './random.ts';

/** What a random history of rows is drawn from. */
export type CertificateWorld = {
  readonly method: AnchoredMethod;
  readonly classes: number;
  readonly plan: FeaturePlan;
  readonly reference: GlmOptions;
  readonly options: { readonly l2: number; readonly standardize: boolean };
  /** A row at a time of the history, by which its distribution drifts. */
  row(time: number): GlmRow;
};

const levelNames = ['p', 'q', 'r', 's', 't', 'u', 'v'];

/** Features of many scales and offsets, holes, copies of each other and constants; labels of the method's kind. */
export function createWorld(random: Random): CertificateWorld {
  const kind = random.pick(['logistic', 'logistic', 'softmax', 'poisson', 'gamma', 'huber'] as const);
  const isFree = kind !== 'softmax' && kind !== 'huber' && random.chance(0.1);
  const numeric = random.int(1, isFree ? 3 : 5);
  const categories = isFree ? 0 : random.int(0, 2);
  const binary = random.list(numeric, () => random.chance(0.2));
  const features = random.list(numeric, (j) => createFeature(random, j, binary[j] === true, isFree));
  const classes = kind === 'softmax' ? random.int(3, 4) : 2;
  const delta = random.pick([0.3, 1, 3]);
  const method: AnchoredMethod =
    kind === 'logistic' || kind === 'softmax'
      ? { kind: 'logistic', classes: ['a', 'b', 'c', 'd'].slice(0, classes) }
      : kind === 'huber'
        ? { kind, delta }
        : { kind };
  const options = {
    l2: isFree ? 0 : random.pick([0.01, 0.1, 1, 1, 10, 100]),
    // raw units of 1e-6 or 1e6 are for the standardized; else the penalty alone would decide
    standardize: isFree || random.chance(0.6),
  };
  const slopes = random.list(numeric, () => random.next() * 2 - 1);
  const drift = random.chance(0.5) ? random.next() * 0.05 : 0;
  return {
    method,
    classes: createLoss(method).contrasts?.classes ?? (method.kind === 'logistic' ? 2 : 0),
    plan: planOf(numeric, categories, binary),
    options,
    reference: { kind: method.kind, classes, delta, ...options, binary },
    row: (time) => {
      const known: number[] = [];
      const values = features.map((feature) => feature(known, time * drift));
      const signal = slopes.reduce((sum, slope, j) => sum + slope * (known[j] ?? 0), drift * time);
      // levels come up as time goes on
      const most = Math.min(levelNames.length - 1, 1 + Math.floor(time / 4));
      const levels = random.list(categories, () =>
        random.chance(0.1) ? null : (levelNames[random.int(0, most)] ?? null),
      );
      return { numeric: values, categories: levels, y: labelOf(random, kind, signal, classes) };
    },
  };
}

/** A feature's value; its size in units of its own deviation goes to `known`. */
type Feature = (known: number[], shift: number) => number | null;

function createFeature(random: Random, place: number, isBinary: boolean, isFree: boolean): Feature {
  const scale = 10 ** random.int(-4, 4);
  const offset = random.pick([0, 0, 1, 1e3]) * scale;
  const holes = random.chance(0.3) && !isFree ? 0.25 : 0;
  const isCopy = place > 0 && !isFree && random.chance(0.15);
  const isConstant = !isFree && random.chance(0.05);
  const tail = random.chance(0.15) ? 3 : 1;
  return (known, shift) => {
    const fresh = ((random.next() + random.next() + random.next()) * 2 - 3) ** tail + shift;
    const z = isConstant
      ? 1
      : isCopy
        ? (known[place - 1] ?? 0)
        : isBinary
          ? random.chance(0.4)
            ? 1
            : 0
          : fresh;
    const hole = random.chance(holes);
    known.push(hole ? 0 : z);
    return hole ? null : isBinary ? Math.min(1, Math.max(0, Math.round(z))) : offset + scale * z;
  };
}

function labelOf(random: Random, kind: string, signal: number, classes: number): number {
  const s = Math.max(-3, Math.min(3, signal));
  switch (kind) {
    case 'logistic':
      return random.next() < 1 / (1 + Math.exp(-s)) ? 1 : 0;
    case 'softmax':
      return random.chance(0.5) ? random.int(0, classes - 1) : s > 1 ? 2 : s < 0 ? 0 : 1;
    case 'poisson':
      return Math.floor(Math.exp(s / 2) * random.next() * 3);
    case 'gamma':
      return Math.exp(s / 2) * (random.next() + 0.05);
    default:
      return s + (random.next() + random.next() - 1) * (random.chance(0.05) ? 20 : 2);
  }
}
