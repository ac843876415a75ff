import type { FeatureColumn, Observation } from '../trigger.ts';
import type { ChangeWatch } from './change-watch.ts';
import { hashOfText } from './value-hash.ts';

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

/** Numbers that stand for a level, by the hash of its text; one stream of values each. */
export type LevelCodes = readonly ((hash: number) => number)[];

/** For detectors of any change of distribution: each level has its place in [0, 1). */
export const placeCodes: LevelCodes = [(hash) => hash / 2 ** 32];

/**
 * For detectors of means: eight ways of cutting the levels in two halves. Where shares move from one level to another,
 * all eight have both in one half once in 256 cases.
 */
export const halfCodes: LevelCodes = Array.from(
  { length: 8 },
  (_, cut) => (hash: number) => (hash >>> (4 * cut)) & 1,
);

/** A detector over each feature, the risk shared among them. The features are the same in each step. */
export class FeatureStreams implements ChangeWatch {
  readonly #create: (streams: number) => StreamDetector;
  readonly #codes: LevelCodes;
  #detectors: StreamDetector[] = [];

  /** @param create given the number of streams that share the risk */
  constructor(create: (streams: number) => StreamDetector, codes: LevelCodes) {
    this.#create = create;
    this.#codes = codes;
  }

  look(seen: Observation): string | null {
    const streams = seen.features.flatMap((column) => streamsOf(column, this.#codes));
    if (this.#detectors.length === 0) this.#detectors = streams.map(() => this.#create(streams.length));
    for (const [place, { name, values }] of streams.entries()) {
      for (const value of values) {
        const change = this.#detectors[place]?.(value) ?? null;
        if (change !== null) return `${name} ${change}`;
      }
    }
    return null;
  }

  reset(): void {
    this.#detectors = [];
  }
}

type ValueStream = { readonly name: string; readonly values: Iterable<number> };

function streamsOf(column: FeatureColumn, codes: LevelCodes): ValueStream[] {
  const { name } = column;
  if (column.kind === 'number') return [{ name, values: column.values }];
  const hashes = column.values.map(hashOfText);
  return codes.map((code) => ({ name, values: hashes.map(code) }));
}
