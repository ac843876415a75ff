/**
 * What is known of updates as they came, found by looking at the rows: `error`, they are wrong or not all there; `event`, the
 * world did it (a holiday, a new regime); `cut`, the replay cut the set there.
 */
export type KnownEvent = {
  /** Places of the updates in the replay. */
  readonly updates: readonly number[];
  readonly kind: 'error' | 'event' | 'cut';
  readonly what: string;
};

const ends: KnownEvent['what'] = 'the set ends within the update';

export const knownEvents: Readonly<Record<string, readonly KnownEvent[]>> = {
  bike_sharing: [
    { updates: [9], kind: 'error', what: 'humidity is 0 for a whole day' },
    { updates: [14, 44], kind: 'event', what: 'a holiday on a Friday' },
    { updates: [95], kind: 'error', what: 'a hurricane: 36 hours without rows' },
    { updates: [103], kind: 'event', what: 'Christmas' },
    { updates: [104], kind: 'cut', what: ends },
  ],
  metro_traffic: [
    { updates: [23, 55, 56, 57], kind: 'error', what: 'hours, then a week, without rows' },
    { updates: [68], kind: 'error', what: 'ten hours at 0 kelvin' },
    { updates: [96, 97], kind: 'error', what: 'after ten months without rows' },
    { updates: [98, 141], kind: 'event', what: 'smoke: weather that never was before' },
    {
      updates: [152],
      kind: 'error',
      what: 'a closed road, 0 to 24 cars an hour, and one temperature for 42 rows',
    },
  ],
  hotel_bookings: [
    { updates: [20, 22], kind: 'error', what: 'meals become “Undefined”' },
    { updates: [23], kind: 'error', what: 'group bookings at a price of 0' },
    { updates: [113], kind: 'cut', what: ends },
  ],
  walmart_sales: [
    { updates: [73, 74], kind: 'event', what: 'unemployment figures of a new quarter' },
    { updates: [104], kind: 'event', what: 'markdowns of the week of the Super Bowl' },
    { updates: [107], kind: 'error', what: 'markdowns of 0.50, 1.00, 2.00 in place of thousands' },
    { updates: [110, 111, 112], kind: 'error', what: 'negative markdowns' },
  ],
  elec2: [
    {
      updates: [52, 53, 54],
      kind: 'event',
      what: 'the market of Victoria opens: three columns were constant',
    },
    { updates: [85], kind: 'event', what: 'Christmas' },
    { updates: [134], kind: 'cut', what: ends },
  ],
  beijing_pm25: [
    { updates: [40], kind: 'error', what: 'a dew point above the temperature' },
    { updates: [45], kind: 'error', what: 'pressures that were interpolated' },
    { updates: [260], kind: 'cut', what: ends },
  ],
  nyc_yellow_taxi: [
    { updates: [10, 11, 42, 64], kind: 'cut', what: 'a month ends: pieces of one and of four days' },
    { updates: [79], kind: 'error', what: 'a fare of 429,490 dollars' },
    { updates: [109, 110, 120, 331, 352], kind: 'error', what: 'rides that end before they begin' },
    { updates: [152, 207, 283, 349], kind: 'error', what: 'rides of other months, of 2008 and of 2009' },
    { updates: [143, 144], kind: 'event', what: 'a surcharge is introduced' },
    { updates: [196, 197], kind: 'error', what: 'from July 2019 on, 1 % of rows with five NULLs' },
    { updates: [247, 248], kind: 'error', what: 'negative distances' },
    { updates: [293], kind: 'event', what: 'the lockdown: 69 rides' },
    { updates: [380], kind: 'error', what: 'a ride of 46,826 miles' },
  ],
  bank_marketing: [
    {
      updates: [19, 20, 22, 23, 30, 31, 32, 59, 60, 69, 75, 76, 97],
      kind: 'event',
      what: 'calls go on with another campaign: month, contact, interest rates',
    },
    { updates: [53], kind: 'event', what: 'the first customers in default' },
    { updates: [102], kind: 'cut', what: ends },
  ],
};

export function eventOf(set: string, update: number): KnownEvent | null {
  return knownEvents[set]?.find(({ updates }) => updates.includes(update)) ?? null;
}
