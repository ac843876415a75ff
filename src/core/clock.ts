import { EverviewError } from './errors.ts';

/** Where time comes from. Everything that decides by time asks this port, so a history can be replayed. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  nowMs(): number;
}

/** The farthest that a Date reaches. */
const farthestMs = 8.64e15;

/**
 * A clock of the user's: what it says is a moment that can be written down, or an error.
 * @throws EverviewError `invalid-option` from `nowMs`
 */
export function checkedClock(clock: Clock): Clock {
  return {
    nowMs() {
      const nowMs = clock.nowMs();
      if (Math.abs(nowMs) <= farthestMs) return nowMs;
      throw new EverviewError('invalid-option', `the clock says ${String(nowMs)}`, {
        hint: 'nowMs() is a number of milliseconds since 1970, as Date.now() gives it',
      });
    },
  };
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** A clock that moves only when told; for replays, the laboratory and tests. */
export class SimulatedClock implements Clock {
  #nowMs: number;

  constructor(start: Date | number) {
    this.#nowMs = Number(start);
    if (Number.isFinite(this.#nowMs)) return;
    throw new EverviewError('invalid-option', `a clock cannot start at ${this.#nowMs}`, {
      hint: 'give a valid Date, or milliseconds since 1970',
    });
  }

  nowMs(): number {
    return this.#nowMs;
  }

  advanceMs(ms: number): void {
    if (!(ms >= 0 && Number.isFinite(this.#nowMs + ms))) {
      throw new EverviewError('invalid-option', `a clock cannot go on by ${ms} ms`, {
        hint: 'time goes on by 0 ms or more; a new SimulatedClock starts anywhere',
      });
    }
    this.#nowMs += ms;
  }

  setTo(instant: Date | number): void {
    this.advanceMs(Number(instant) - this.#nowMs);
  }
}

/**
 * What a piece of work cost, as the cost model hears it. Wall time by default; a deterministic meter where a
 * history must give the same decisions each time it is replayed (law 7).
 */
export interface CostMeter {
  /** Starts measuring; the returned function ends it. `rows` is the work's size, in rows touched. */
  start(): (rows: number) => number;
}

export const wallCostMeter: CostMeter = {
  start() {
    const from = performance.now();
    return () => performance.now() - from;
  },
};

/** Costs in proportion to the rows touched: 1 ms a statement batch and 1 µs a row. */
export const rowCostMeter: CostMeter = {
  start() {
    return (rows) => 1 + rows / 1_000;
  },
};
