import type { Observation, RefreshTrigger, TriggerDecision } from '../trigger.ts';
import type { ChangeWatch } from './change-watch.ts';
import { columnInNoOrder, inNoOrder } from './order-free.ts';

/**
 * Refreshes where a watch sees a change. While labels are late there may be nothing yet to learn of it: the alarm stands
 * until a label is known that the model has not learned.
 */
export class AlarmTrigger implements RefreshTrigger {
  readonly #watch: ChangeWatch;
  #promoted = 0;
  #steps = 0;
  #alarm: string | null = null;

  constructor(watch: ChangeWatch) {
    this.#watch = watch;
  }

  observe(seen: Observation): TriggerDecision {
    this.#steps++;
    this.#alarm ??= this.#look(seen);
    if (this.#alarm === null || seen.pendingLabels === 0) return { refresh: false };
    return { refresh: true, because: this.#alarm };
  }

  refreshed(promoted: boolean): void {
    if (promoted) this.#promoted++;
    this.#alarm = null;
    this.#watch.reset();
  }

  #look(seen: Observation): string | null {
    // Losses of models before it say nothing of this one; with late labels they come for a while after a refresh.
    const losses = seen.losses.filter((_, row) => seen.answeredBy[row] === this.#promoted);
    const features = seen.features.map((column) => columnInNoOrder(column, this.#steps));
    return this.#watch.look({ ...seen, features }, inNoOrder(losses, this.#steps));
  }
}
