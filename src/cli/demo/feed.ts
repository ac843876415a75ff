import type { Everview, SimulatedClock } from '../../index.ts';
import { momentOf } from './demo-plan.ts';
import type { FlightUpdates } from './flight-updates.ts';

/** Brings the updates. */
export class Feed {
  readonly repairs: string[] = [];
  readonly #engine: Everview;
  readonly #clock: SimulatedClock;
  readonly #updates: FlightUpdates;

  constructor(engine: Everview, clock: SimulatedClock, updates: FlightUpdates) {
    this.#engine = engine;
    this.#clock = clock;
    this.#updates = updates;
  }

  async airports(): Promise<void> {
    await this.#engine.execute(this.#updates.airports());
  }

  async board(day: number): Promise<void> {
    await this.#engine.execute(this.#updates.boardOf(day));
  }

  async day(day: number): Promise<void> {
    this.#clock.setTo(momentOf(day + 1));
    await this.#engine.execute(this.#updates.flightsOf(day));
    this.#clock.setTo(momentOf(day + 1, 1));
    await this.#engine.step();
  }

  async repair(): Promise<void> {
    for (const { does, sql } of this.#updates.repair()) {
      const results = await this.#engine.sql(sql);
      const message = results.findLast((result) => result.message !== null)?.message;
      this.repairs.push(message === undefined ? does : `${does}: ${message}`);
    }
  }
}
