/** Days of the file that are whole. */
export const daysOfFlights = 181;

/** Fewer would leave no room for a model, a corrupted day and its correction. */
export const fewestDays = 30;

const dayMs = 86_400_000;
const firstDayMs = Date.UTC(2001, 0, 1);

/** Days of the replay, counted from 0 (2001-01-01). */
export type DemoPlan = {
  readonly days: number;
  /** The model is declared once so many days have been seen. */
  readonly historyDays: number;
  /** The day whose feed is broken. */
  readonly corruptedDay: number;
  /** The night after this day the feed's damage is repaired. */
  readonly repairDay: number;
  /** The airport whose delays come in seconds that day. */
  readonly corruptedOrigin: string;
};

/** @param days in `fewestDays`..`daysOfFlights`. */
export function planDemo(days: number): DemoPlan {
  const rest = { days, historyDays: 10, corruptedOrigin: 'ORD' };
  // A Saturday before stormy days; or, in a shortened replay, two thirds into it.
  if (days > 120) return { ...rest, corruptedDay: 96, repairDay: 100 };
  const corruptedDay = Math.floor(days * 0.65);
  return { ...rest, corruptedDay, repairDay: corruptedDay + 3 };
}

/** The instant `hours` after the day began. */
export function momentOf(day: number, hours = 0): Date {
  return new Date(firstDayMs + day * dayMs + hours * 3_600_000);
}

/** `2001-04-12` */
export function dateOf(day: number): string {
  return momentOf(day).toISOString().slice(0, 10);
}

export function dayOf(moment: Date): number {
  return Math.floor((moment.getTime() - firstDayMs) / dayMs);
}
