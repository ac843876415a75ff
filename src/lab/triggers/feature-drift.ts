import type { FeatureColumn, Observation } from '../trigger.ts';
import type { ChangeWatch } from './change-watch.ts';
import type { FeatureSamples, FeatureTest } from './feature-tests.ts';
import { Looks, referenceShare } from './looks.ts';
import { ReferenceWindow } from './reference-window.ts';

type Watched =
  | { readonly kind: 'number'; readonly window: ReferenceWindow<number> }
  | { readonly kind: 'category'; readonly window: ReferenceWindow<string | null> };

/**
 * Holds the newest rows of each feature against those that came after the last refresh. One risk is shared by all
 * features and all looks from one refresh to the next.
 */
export class FeatureDrift implements ChangeWatch {
  readonly #test: FeatureTest;
  readonly #rows: number;
  readonly #looks: Looks;
  readonly #columns = new Map<string, Watched>();

  constructor(test: FeatureTest, rows: number, falseAlarms: number) {
    this.#test = test;
    this.#rows = rows;
    this.#looks = new Looks(falseAlarms, rows);
  }

  look(seen: Observation): string | null {
    for (const column of seen.features) this.#add(column);
    const risk = this.#looks.next(seen.features[0]?.values.length ?? 0);
    if (risk === null) return null;
    for (const [name, watched] of this.#columns) {
      const change = this.#test(samplesOf(watched), risk / this.#columns.size);
      if (change !== null) return `since the last refresh, ${name} has ${change}`;
    }
    return null;
  }

  reset(): void {
    this.#columns.clear();
    this.#looks.reset();
  }

  #add(column: FeatureColumn): void {
    let watched = this.#columns.get(column.name);
    if (watched?.kind !== column.kind) {
      watched =
        column.kind === 'number'
          ? { kind: column.kind, window: new ReferenceWindow(this.#rows, referenceShare * this.#rows) }
          : { kind: column.kind, window: new ReferenceWindow(this.#rows, referenceShare * this.#rows) };
      this.#columns.set(column.name, watched);
    }
    if (column.kind === 'number' && watched.kind === 'number')
      for (const value of column.values) watched.window.add(value);
    if (column.kind === 'category' && watched.kind === 'category')
      for (const value of column.values) watched.window.add(value);
  }
}

function samplesOf({ kind, window }: Watched): FeatureSamples {
  return kind === 'number'
    ? { kind, reference: window.reference, newest: window.newest }
    : { kind, reference: window.reference, newest: window.newest };
}
