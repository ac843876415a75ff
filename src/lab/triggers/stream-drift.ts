import type { FeatureColumn, Observation } from '../trigger.ts';
import type { ChangeWatch } from './change-watch.ts';

/** Takes one value after another; what it says of a change it has just seen, or null. */
export type StreamDetector = (value: number) => string | null;

/** A detector over the losses of the model that answers. */
export class LossStream implements ChangeWatch {
  readonly #create: () => StreamDetector;
  #detect: StreamDetector;

  constructor(create: () => StreamDetector) {
    this.#create = create;
    this.#detect = create();
  }

  look(_seen: Observation, losses: Float64Array): string | null {
    for (const loss of losses) {
      const change = this.#detect(loss);
      if (change !== null) return `the loss ${change}`;
    }
    return null;
  }

  reset(): void {
    this.#detect = this.#create();
  }
}

/** A detector over each feature, the risk shared among them. */
export class FeatureStreams implements ChangeWatch {
  readonly #create: (features: number) => StreamDetector;
  readonly #detectors = new Map<string, StreamDetector>();

  /** @param create given the number of features */
  constructor(create: (features: number) => StreamDetector) {
    this.#create = create;
  }

  look(seen: Observation): string | null {
    for (const column of seen.features) {
      const detect = this.#detectors.get(column.name) ?? this.#create(seen.features.length);
      this.#detectors.set(column.name, detect);
      for (const value of codesOf(column)) {
        const change = detect(value);
        if (change !== null) return `${column.name} ${change}`;
      }
    }
    return null;
  }

  reset(): void {
    this.#detectors.clear();
  }
}

/** Numbers as they are; each level as a fixed number in [0, 1), so that other shares are another distribution. */
function codesOf(column: FeatureColumn): Iterable<number> {
  return column.kind === 'number' ? column.values : column.values.map(codeOf);
}

/** FNV-1a, and a last mixing, since it hardly spreads what short texts differ in. */
function codeOf(level: string | null): number {
  let hash = 0x811c9dc5;
  for (const character of level ?? '\0null')
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}
