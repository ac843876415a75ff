/** Which labels a training set counts, and when: all in milliseconds. */
export type LabelTimes = {
  readonly delayMs: number;
  readonly holdoutMs: number;
  /** Null: all. */
  readonly windowMs: number | null;
};

/** Event times in (after, until]. */
type Span = { readonly afterMs: number; readonly untilMs: number };

/** The labelled rows that arrived, by event time: what is known, and what a refresh learns from, at each moment. */
export class LabelLedger {
  readonly #times: LabelTimes;
  /** Ascending. */
  readonly #eventMs: number[] = [];
  /** By the event time of labels that came late: those that `#eventMs` has in its place. */
  readonly #late = new Map<number, number[]>();

  constructor(times: LabelTimes) {
    this.#times = times;
  }

  add(eventMs: number): void {
    const events = this.#eventMs;
    const last = events.at(-1);
    if (last === undefined || last <= eventMs) events.push(eventMs);
    else events.splice(this.#countUntil(eventMs), 0, eventMs);
  }

  /**
   * After an update that revised examples: those that came late count from now on, as if their event were of the newest
   * moment whose labels are known; those that went no longer.
   * @param eventTimes of all labelled examples with an event time at or before `atMs`
   */
  restate(eventTimes: readonly number[], atMs: number): void {
    const counts = new Map<number, number>();
    for (const eventMs of eventTimes) counts.set(eventMs, (counts.get(eventMs) ?? 0) + 1);
    for (const eventMs of this.#givenTimes()) counts.set(eventMs, (counts.get(eventMs) ?? 0) - 1);
    for (const [eventMs, count] of counts) {
      for (let more = 0; more < count; more++) this.#addAt(eventMs, atMs);
      for (let less = count; less < 0; less++) this.#remove(eventMs);
    }
  }

  /** Event times as they were given, in no order. */
  #givenTimes(): number[] {
    const counts = new Map<number, number>();
    for (const places of this.#late.values()) {
      for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const given = [...this.#late].flatMap(([eventMs, places]) => places.map(() => eventMs));
    for (const eventMs of this.#eventMs) {
      const late = counts.get(eventMs) ?? 0;
      if (late > 0) counts.set(eventMs, late - 1);
      else given.push(eventMs);
    }
    return given;
  }

  #addAt(eventMs: number, atMs: number): void {
    const place = Math.max(eventMs, atMs - this.#times.delayMs);
    if (place > eventMs) this.#late.set(eventMs, [...(this.#late.get(eventMs) ?? []), place]);
    this.add(place);
  }

  #remove(eventMs: number): void {
    const [place = eventMs, ...others] = this.#late.get(eventMs) ?? [];
    this.#late.set(eventMs, others);
    this.#eventMs.splice(this.#countUntil(place) - 1, 1);
  }

  /** Labels known at a moment, whether or not a model may learn from them. */
  known(atMs: number): number {
    return this.#countUntil(atMs - this.#times.delayMs);
  }

  /** Labels that a refresh at that moment could have learned from, had none left its window. */
  learnable(atMs: number): number {
    return this.#countUntil(this.#span(atMs).untilMs);
  }

  /** Labels that a refresh at that moment learns from. */
  learned(atMs: number): number {
    return this.#count(this.#span(atMs));
  }

  /** The labels by which what refreshes at the two moments learn from differs; null: nothing was refreshed before. */
  change(beforeMs: number | null, atMs: number): { readonly added: number; readonly removed: number } {
    if (beforeMs === null) return { added: this.learned(atMs), removed: 0 };
    const before = this.#span(beforeMs);
    const now = this.#span(atMs);
    return {
      added: this.#count({ ...now, afterMs: Math.max(now.afterMs, before.untilMs) }),
      removed: this.#count({ ...before, untilMs: Math.min(before.untilMs, now.afterMs) }),
    };
  }

  /** When what a refresh learns from changes next, had nothing arrived; null: never. */
  nextChangeMs(atMs: number): number | null {
    const { delayMs, holdoutMs, windowMs } = this.#times;
    const ages = [delayMs + holdoutMs, ...(windowMs === null ? [] : [delayMs + windowMs])];
    const next = ages.flatMap((ageMs) => {
      const eventMs = this.#eventMs[this.#countUntil(atMs - ageMs)];
      return eventMs === undefined ? [] : [eventMs + ageMs];
    });
    return next.length === 0 ? null : Math.min(...next);
  }

  /** When the newest label that a refresh at that moment learns from became known; null: there is none. */
  newestKnownMs(atMs: number): number | null {
    const span = this.#span(atMs);
    if (this.#count(span) === 0) return null;
    const newest = this.#eventMs[this.#countUntil(span.untilMs) - 1];
    return newest === undefined ? null : newest + this.#times.delayMs;
  }

  #span(atMs: number): Span {
    const { delayMs, holdoutMs, windowMs } = this.#times;
    const afterMs = windowMs === null ? Number.NEGATIVE_INFINITY : atMs - delayMs - windowMs;
    return { afterMs, untilMs: Math.max(afterMs, atMs - delayMs - holdoutMs) };
  }

  #count({ afterMs, untilMs }: Span): number {
    return Math.max(0, this.#countUntil(untilMs) - this.#countUntil(afterMs));
  }

  /** Labels with an event time at or before that. */
  #countUntil(eventMs: number): number {
    const events = this.#eventMs;
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((events[middle] ?? 0) <= eventMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
