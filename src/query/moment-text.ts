/** DuckDB keeps the infinities as the ends of its integers, and Arrow has no others. */
const infiniteDays = 2_147_483_647;
const infiniteMicros = 9_223_372_036_854_775_807n;

const moment = /^(\d+)-(\d\d)-(\d\d)( \(BC\))?(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?(?:\+00)?$/;

/** Gregorian years repeat after 400. */
const cycle = { years: 400, days: 146_097 } as const;

/** Days since 1970 of a DATE as DuckDB prints it, for those that no `Date` reaches. */
export function daysOfText(text: string): number {
  if (text === 'infinity') return infiniteDays;
  if (text === '-infinity') return -infiniteDays;
  const [, year = '', month, day, bc] = moment.exec(text) ?? [];
  const counted = bc === undefined ? Number(year) : 1 - Number(year);
  const cycles = Math.floor((counted - 2_000) / cycle.years);
  const near = Date.UTC(counted - cycles * cycle.years, Number(month) - 1, Number(day)) / 86_400_000;
  return near + cycles * cycle.days;
}

/** Microseconds since 1970 of a TIMESTAMP as DuckDB prints it, in UTC, for those that no `Date` reaches. */
export function microsecondsOfText(text: string): bigint {
  if (text === 'infinity') return infiniteMicros;
  if (text === '-infinity') return -infiniteMicros;
  const [, , , , , hour = 0, minute = 0, second = 0, fraction = ''] = moment.exec(text) ?? [];
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  return (
    BigInt(daysOfText(text)) * 86_400_000_000n +
    BigInt(seconds) * 1_000_000n +
    BigInt(fraction.padEnd(6, '0'))
  );
}
