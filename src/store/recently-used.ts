/**
 * What was made of texts, kept for those used last. Bounded by the length of the texts together, for what is made of
 * a text grows with it.
 */
export class RecentlyUsed<V> {
  readonly #mostCharacters: number;
  /** The one used last comes last. */
  readonly #values = new Map<string, V>();
  #characters = 0;

  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters;
  }

  get(text: string): V | undefined {
    const value = this.#values.get(text);
    if (value === undefined) return undefined;
    this.#values.delete(text);
    this.#values.set(text, value);
    return value;
  }

  /** The newest is kept, however long. */
  set(text: string, value: V): void {
    if (!this.#values.has(text)) this.#characters += text.length;
    this.#values.set(text, value);
    for (const oldest of this.#values.keys()) {
      if (this.#characters <= this.#mostCharacters || oldest === text) return;
      this.#values.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}
