import { type Everview, EverviewError, formatName, type SqlValue } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { WorkloadQuery } from '../history.ts';
import { type DeclaredTrainingSet, isNamed } from './declared.ts';

type Workload = Experiment['workload'];

/** The share of a period in which the queries of a burst come. */
const burstShare = 0.05;

/**
 * The questions between the end of the warm-up and the last arrival.
 * @param keys of `skewed`, the most frequent first
 * @param random numbers from 0 to below 1
 */
export function drawWorkload(
  workload: Workload,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  keys: readonly SqlValue[],
  random: () => number,
): WorkloadQuery[] {
  switch (workload.kind) {
    case 'arrivals':
      return [];
    case 'uniform':
      return periods(startMs, endMs, workload.every).map((atMs) => ({
        atMs,
        rows: workload.rows,
        keys: null,
      }));
    case 'bursty':
      return periods(startMs, endMs, workload.every)
        .flatMap((atMs) => {
          const spread = () => Math.floor(atMs + random() * burstShare * workload.every);
          return Array.from({ length: workload.queries }, spread);
        })
        .filter((atMs) => atMs <= endMs)
        .sort((one, other) => one - other)
        .map((atMs) => ({ atMs, rows: workload.rows, keys: null }));
    case 'skewed': {
      const rank = zipf(keys.length, workload.exponent);
      const drawn = () => keys[rank(random())] ?? null;
      return periods(startMs, endMs, workload.every).map((atMs) => ({
        atMs,
        rows: workload.rows,
        keys: Array.from({ length: workload.rows }, drawn),
      }));
    }
  }
}

function periods(startMs: number, endMs: number, every: number): number[] {
  const count = Math.floor((endMs - startMs) / Math.max(1, every));
  return Array.from({ length: count }, (_, index) => startMs + (index + 1) * Math.max(1, every));
}

/** Ranks from 0, the r-th (from 1) as often as 1/r^exponent says, by a number from 0 to below 1. */
export function zipf(count: number, exponent: number): (chance: number) => number {
  const cumulated: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= count; rank++) {
    total += rank ** -exponent;
    cumulated.push(total);
  }
  return (chance) => {
    const wanted = chance * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/**
 * Values of the workload's key among the examples that are there, the most frequent first.
 * @throws EverviewError `unknown-column`, `not-enough-rows`
 */
export async function keysByFrequency(
  engine: Everview,
  trainingSet: DeclaredTrainingSet,
  key: string,
): Promise<SqlValue[]> {
  const column = trainingSet.columns.find(isNamed(key));
  if (column === undefined) {
    throw new EverviewError(
      'unknown-column',
      `training set "${trainingSet.name}" has no column "${key}" for the workload's key`,
      {
        hint: `it has ${trainingSet.columns.map(({ name }) => name).join(', ')}`,
      },
    );
  }
  const name = formatName(column.name);
  const { rows } = await engine.query<{ readonly value: SqlValue }>(
    `SELECT ${name} AS value FROM (${trainingSet.query}) WHERE ${name} IS NOT NULL GROUP BY ${name} ORDER BY count(*) DESC, ${name}`,
  );
  if (rows.length > 0) return rows.map(({ value }) => value);
  throw new EverviewError(
    'not-enough-rows',
    `no example of the warm-up has a value of the workload's key "${key}"`,
    {
      hint: 'make `warmUp` longer, or choose another key',
    },
  );
}
