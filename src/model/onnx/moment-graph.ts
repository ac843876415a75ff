import type { CyclePeriod, TimestampPart } from '../../declare/expansion.ts';
import { periodMs, type Wave } from '../source/timestamp-source.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';

const dayMs = 86_400_000;

/** Calendar arithmetic over int64, in UTC, for any moment; a moment is milliseconds since 1970. */
export class MomentGraph {
  readonly #graph: GraphBuilder;

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  /** int64; as `partValue`. */
  part(part: TimestampPart, moment: Value): Value {
    switch (part) {
      case 'hour':
        return this.#quotient(this.#mod(moment, dayMs), 3_600_000);
      case 'weekday':
        // 1970 began on a Thursday
        return this.#mod(this.#plus(this.#floor(moment, dayMs), 4), 7);
      case 'day':
        return this.#civil(this.#floor(moment, dayMs)).day;
      case 'week':
        return this.#isoWeek(this.#floor(moment, dayMs));
      case 'month':
        return this.#civil(this.#floor(moment, dayMs)).month;
      case 'quarter':
        return this.#plus(
          this.#quotient(this.#plus(this.#civil(this.#floor(moment, dayMs)).month, -1), 3),
          1,
        );
      case 'year':
        return this.#civil(this.#floor(moment, dayMs)).year;
    }
  }

  /** double; as `cycleValue`. */
  cycle(wave: Wave, period: CyclePeriod, moment: Value): Value {
    const length = periodMs[period];
    // the remainder has the sign of the moment, as in SQL
    const passed = this.#graph.node('Mod', [moment, this.#graph.integer(length)], { fmod: 1 });
    const turned = this.#graph.node('Mul', [
      this.#graph.cast(passed, 'double'),
      this.#graph.double(2 * Math.PI),
    ]);
    const angle = this.#graph.node('Div', [turned, this.#graph.double(length)]);
    return this.#graph.node(wave === 'sin' ? 'Sin' : 'Cos', [angle]);
  }

  /** double, days since 1970. */
  elapsed(moment: Value): Value {
    return this.#graph.node('Div', [this.#graph.cast(moment, 'double'), this.#graph.double(dayMs)]);
  }

  /**
   * Year, month and day of days since 1970: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
   * civil_from_days. Its years begin in March, in eras of 400.
   */
  #civil(days: Value): { year: Value; month: Value; day: Value } {
    const z = this.#plus(days, 719_468);
    const inEra = this.#mod(z, 146_097);
    const yearOfEra = this.#quotient(
      this.#sum(
        inEra,
        this.#negated(this.#quotient(inEra, 1_460)),
        this.#quotient(inEra, 36_524),
        this.#negated(this.#quotient(inEra, 146_096)),
      ),
      365,
    );
    const before = this.#sum(
      this.#times(yearOfEra, 365),
      this.#quotient(yearOfEra, 4),
      this.#negated(this.#quotient(yearOfEra, 100)),
    );
    const dayOfYear = this.#minus(inEra, before);
    const shifted = this.#quotient(this.#plus(this.#times(dayOfYear, 5), 2), 153);
    const monthStart = this.#quotient(this.#plus(this.#times(shifted, 153), 2), 5);
    // 0 is March: 10 and 11 are January and February of the next year
    const isNext = this.#quotient(shifted, 10);
    return {
      day: this.#plus(this.#minus(dayOfYear, monthStart), 1),
      month: this.#minus(this.#plus(shifted, 3), this.#times(isNext, 12)),
      year: this.#sum(yearOfEra, this.#times(this.#floor(z, 146_097), 400), isNext),
    };
  }

  /** The week of the year that has the Thursday of the day's week (ISO 8601). */
  #isoWeek(days: Value): Value {
    const thursday = this.#plus(this.#minus(days, this.#mod(this.#plus(days, 3), 7)), 3);
    const past = this.#plus(this.#civil(thursday).year, -1);
    const january = this.#sum(
      this.#times(past, 365),
      this.#floor(past, 4),
      this.#negated(this.#floor(past, 100)),
      this.#floor(past, 400),
      this.#graph.integer(-719_162),
    );
    return this.#plus(this.#quotient(this.#minus(thursday, january), 7), 1);
  }

  #sum(...values: readonly Value[]): Value {
    return this.#graph.sum(values);
  }

  #plus(value: Value, amount: number): Value {
    return this.#graph.node('Add', [value, this.#graph.integer(amount)]);
  }

  #minus(value: Value, other: Value): Value {
    return this.#graph.node('Sub', [value, other]);
  }

  #negated(value: Value): Value {
    return this.#graph.node('Neg', [value]);
  }

  #times(value: Value, factor: number): Value {
    return this.#graph.node('Mul', [value, this.#graph.integer(factor)]);
  }

  /** Of a value that is not negative. */
  #quotient(value: Value, by: number): Value {
    return this.#graph.node('Div', [value, this.#graph.integer(by)]);
  }

  /** From 0 to by − 1. */
  #mod(value: Value, by: number): Value {
    return this.#graph.node('Mod', [value, this.#graph.integer(by)]);
  }

  /** Rounded down. */
  #floor(value: Value, by: number): Value {
    return this.#quotient(this.#minus(value, this.#mod(value, by)), by);
  }
}
