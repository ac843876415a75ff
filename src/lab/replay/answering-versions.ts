/** A version of the model that answers, answered, or will. */
export type VersionFacts = {
  readonly version: number;
  /** When it was fitted. */
  readonly refreshedMs: number;
  /** The last step all of whose labels it had learned; −1: those of the warm-up. */
  readonly since: number;
  /** Labels that it was fitted on. */
  readonly trainingRows: number;
};

/** Versions of the model in the order in which they came to answer. */
export class AnsweringVersions {
  readonly #facts = new Map<number, VersionFacts>();
  /** By version: the one that answered before it. */
  readonly #before = new Map<number, number>();
  #answering: VersionFacts;
  #newest: VersionFacts;

  constructor(first: VersionFacts) {
    this.#facts.set(first.version, first);
    this.#answering = first;
    this.#newest = first;
  }

  get answering(): VersionFacts {
    return this.#answering;
  }

  /** Of those that answer or will, the one fitted last. */
  get newest(): VersionFacts {
    return this.#newest;
  }

  has(version: number): boolean {
    return this.#facts.has(version);
  }

  fitted(facts: VersionFacts): void {
    this.#facts.set(facts.version, facts);
    this.#newest = facts;
  }

  /** @throws RangeError for a version that nobody told of */
  answers(version: number): void {
    if (version === this.#answering.version) return;
    const facts = this.#facts.get(version);
    if (facts === undefined) throw new RangeError(`version ${version} answers, and no refresh made it`);
    this.#before.set(version, this.#answering.version);
    this.#answering = facts;
  }

  /** The version that answered before that one did; null: none. */
  before(version: number): number | null {
    return this.#before.get(version) ?? null;
  }
}
