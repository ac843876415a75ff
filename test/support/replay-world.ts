import type { Row } from '../../src/index.ts';
import { type Experiment, type ExperimentInput, experimentSchema } from '../../src/lab/experiment.ts';
import type { Arrival, History } from '../../src/lab/history.ts';
import type { Policy, Schedule } from '../../src/lab/policy.ts';
import type { ProcessClock } from '../../src/lab/replay/process-clock.ts';
import { Random } from './random.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const replayStartMs = Date.UTC(2001, 5, 1);

/** Readings `y = 3 + slope·x + noise`, hour by hour, whose slope drifts; and whether `y` is above its level. */
export type Reading = Row & {
  readonly id: number;
  readonly taken: Date;
  readonly x: number;
  readonly z: number;
  readonly kind: string;
  readonly y: number;
  readonly high: boolean;
};

export function driftingReadings(seed: number, days: number, warmUpDays: number): Reading[] {
  const random = new Random(seed);
  const firstMs = replayStartMs - warmUpDays * dayMs;
  return random.list((days + warmUpDays) * 24, (place) => {
    const x = random.int(-100, 100) / 10;
    const z = random.int(-100, 100) / 10;
    const slope = 2 - (place / 24 / (days + warmUpDays)) * 4;
    const y = 3 + slope * x + random.int(-100, 100) / 50;
    const kind = random.pick(['a', 'b', 'c']);
    return { id: place, taken: new Date(firstMs + place * hourMs + hourMs / 2), x, z, kind, y, high: y > 3 };
  });
}

export const readingsTable = `CREATE TABLE readings (id BIGINT PRIMARY KEY, taken TIMESTAMP NOT NULL, x DOUBLE, z DOUBLE, kind VARCHAR,
  y DOUBLE NOT NULL, high BOOLEAN NOT NULL) WITH (event_time = taken);`;

export const linearDeclarations = `${readingsTable}
  CREATE TRAINING SET examples WITH (label = y, event_time = taken) AS SELECT taken, x, z, kind, y FROM readings;
  CREATE MODEL m WITH (method = 'ridge') AS SELECT x, z, kind FROM examples;`;

export const logisticDeclarations = `${readingsTable}
  CREATE TRAINING SET examples WITH (label = high, event_time = taken) AS SELECT taken, x, z, kind, high FROM readings;
  CREATE MODEL m WITH (method = 'logistic') AS SELECT x, z, kind FROM examples;`;

/** What arrives day by day, each label known a day after its event. */
export function dailyHistory(readings: readonly Row[], table = 'readings', offsetMs = 0): History {
  const startMs = replayStartMs + offsetMs;
  const timeOf = (row: Row) => (row.taken instanceof Date ? row.taken.getTime() : Number.NaN);
  const initial = readings.filter((row) => timeOf(row) <= startMs);
  const days = new Map<number, Row[]>();
  for (const row of readings) {
    if (timeOf(row) <= startMs) continue;
    const day = Math.ceil((timeOf(row) - startMs) / dayMs);
    days.set(day, [...(days.get(day) ?? []), row]);
  }
  const arrivals = [...days].map(
    ([day, rows]): Arrival => ({ atMs: startMs + day * dayMs, tables: [{ table, rows }] }),
  );
  return {
    startMs,
    initial: [{ table, rows: initial }],
    arrivals,
    queries: [],
    labelDelayMs: dayMs,
    hash: 'test',
  };
}

export function experimentOf(declarations: string, options: Partial<ExperimentInput> = {}): Experiment {
  return experimentSchema.parse({
    name: 'test',
    declarations,
    model: 'm',
    source: { kind: 'database', path: 'none' },
    arrival: { kind: 'interval', every: '1 day' },
    policies: [{ kind: 'never' }],
    ...options,
  });
}

export function policyOf(schedule: Schedule, options: Partial<Policy> = {}): Policy {
  return { name: schedule.kind, schedule, window: { kind: 'all' }, maintenance: 'auto', ...options };
}

/** Time stands still: what is measured is none of the tests' business. */
export const stoppedProcess: ProcessClock = { cpuSeconds: () => 0, wallSeconds: () => 0 };
