/** So many values, their mean, and the sum of their squared deviations from it. */
export type Moments = { readonly count: number; readonly mean: number; readonly deviations: number };

const nothing: Moments = { count: 0, mean: 0, deviations: 0 };

/** Buckets of one size before two of them become one of twice the size (M of the paper). */
const bucketsPerLevel = 5;

/**
 * The newest values of a stream as buckets of 1, 2, 4, … values, few of each size (Datar, Gionis, Indyk & Motwani 2002; M
 * = 5 as in Bifet & Gavaldà 2007). Memory is logarithmic in the number of values; old ones can be dropped by bucket.
 */
export class ExponentialHistogram {
  /** Place i: buckets of 2^i values, the oldest first. */
  readonly #levels: Moments[][] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get buckets(): number {
    return this.#levels.reduce((sum, level) => sum + level.length, 0);
  }

  add(value: number): void {
    this.#count++;
    let carried: Moments = { count: 1, mean: value, deviations: 0 };
    for (let place = 0; ; place++) {
      const level = this.#levels[place];
      if (level === undefined) {
        this.#levels.push([carried]);
        return;
      }
      level.push(carried);
      if (level.length <= bucketsPerLevel) return;
      const [oldest = nothing, next = nothing] = level.splice(0, 2);
      carried = together(oldest, next);
    }
  }

  dropOldest(): void {
    const last = this.#levels.at(-1);
    this.#count -= last?.shift()?.count ?? 0;
    if (last?.length === 0) this.#levels.pop();
  }

  *fromOldest(): Generator<Moments> {
    for (let place = this.#levels.length - 1; place >= 0; place--) yield* this.#levels[place] ?? [];
  }

  moments(): Moments {
    let all = nothing;
    for (const bucket of this.fromOldest()) all = together(all, bucket);
    return all;
  }
}

/** Chan, Golub & LeVeque 1979. */
function together(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  const gap = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (gap * b.count) / count,
    deviations: a.deviations + b.deviations + (gap * gap * a.count * b.count) / count,
  };
}
