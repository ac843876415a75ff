import { type DemoPlan, dateOf } from './demo-plan.ts';
import { type FlightFiles, pathLiteral } from './flight-files.ts';

/** The updates of the replay, as SQL. */
export type FlightUpdates = {
  airports(): string;
  /** The flights of one day, as the feed brings them; broken on the corrupted day. */
  flightsOf(day: number): string;
  /** The flights of one morning as announced, without their delay. */
  boardOf(day: number): string;
  /** What the repair does, in order. */
  repair(): readonly RepairStep[];
};

export type RepairStep = { readonly does: string; readonly sql: string };

/**
 * What is wrong with the corrupted day: one row in 97 has the airport's four-letter code (KBOS for BOS), one in 97 has
 * no distance, and the delays of one airport are in seconds.
 */
export function createFlightUpdates(files: FlightFiles, plan: DemoPlan): FlightUpdates {
  const rows = (day: number, where = ''): string =>
    `FROM read_parquet(${pathLiteral(files.flights)}) WHERE ${within('date', day)}${where}`;
  // The file has BIGINT where the table has INTEGER. Rows of the table's types are looked at where they will lie.
  const asIs = 'SELECT date, date::DATE, origin, destination, distance::INTEGER, delay::INTEGER';
  const corrupted = `
    SELECT date, date::DATE,
           CASE WHEN ${isHit(0)} AND origin <> '${plan.corruptedOrigin}' THEN 'K' || origin ELSE origin END,
           destination,
           CASE WHEN ${isHit(1)} THEN NULL ELSE distance END,
           CASE WHEN origin = '${plan.corruptedOrigin}' THEN delay * 60 ELSE delay END`;
  const { corruptedDay, corruptedOrigin } = plan;
  const thatDay = within('departs', corruptedDay);
  return {
    airports: () => `COPY airports FROM ${pathLiteral(files.airports)}`,
    flightsOf: (day) => `INSERT INTO flights ${day === corruptedDay ? corrupted : asIs} ${rows(day)}`,
    boardOf: (day) =>
      `INSERT INTO board SELECT date, origin, destination, distance ${rows(day, ' AND hour(date) BETWEEN 7 AND 11')}`,
    repair: () => [
      {
        does: 'codes of four letters cut to three',
        sql: `CORRECT QUARANTINE FOR flights SET origin = substr(origin, 2) WHERE length(origin) = 4`,
      },
      {
        does: `what was set aside of ${corruptedOrigin} dropped: it is sent again`,
        sql: `DROP QUARANTINE FOR flights WHERE origin = '${corruptedOrigin}' AND ${thatDay}`,
      },
      {
        does: 'rows without a distance dropped',
        sql: `DROP QUARANTINE FOR flights WHERE distance IS NULL`,
      },
      {
        does: `the day of ${corruptedOrigin} replaced, in one update`,
        sql: `BEGIN; DELETE FROM flights WHERE origin = '${corruptedOrigin}' AND ${thatDay};
              INSERT INTO flights ${asIs} ${rows(corruptedDay, ` AND origin = '${corruptedOrigin}'`)}; COMMIT`,
      },
    ],
  };
}

function within(column: string, day: number): string {
  return `${column} >= TIMESTAMP '${dateOf(day)}' AND ${column} < TIMESTAMP '${dateOf(day + 1)}'`;
}

/** About one row in 97, the same ones each time. */
function isHit(rest: number): string {
  return `(distance + 7 * minute(date) + 60 * hour(date)) % 97 = ${rest}`;
}
