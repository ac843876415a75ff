import type { Provenance } from '../../index.ts';

/** How one object fared over all reads noted. */
export type ReadsOfObject = {
  readonly name: string;
  readonly reads: number;
  /** Milliseconds of staleness at the stalest read. */
  readonly stalestMs: number;
  /** Reads at which the declared policy was not met. */
  readonly unmet: number;
};

/** Remembers how stale each object was whenever it was read. */
export class ReadLog {
  readonly #objects = new Map<string, ReadsOfObject>();
  readonly #paths = new Map<Provenance['path'], number>();

  note({ staleness, path }: Provenance): void {
    this.#paths.set(path, (this.#paths.get(path) ?? 0) + 1);
    for (const { name, ms, policyMet } of staleness) {
      const before = this.#objects.get(name) ?? { name, reads: 0, stalestMs: 0, unmet: 0 };
      this.#objects.set(name, {
        name,
        reads: before.reads + 1,
        stalestMs: Math.max(before.stalestMs, ms),
        unmet: before.unmet + (policyMet ? 0 : 1),
      });
    }
  }

  objects(): readonly ReadsOfObject[] {
    return [...this.#objects.values()];
  }

  paths(): ReadonlyMap<Provenance['path'], number> {
    return this.#paths;
  }
}
