import { Everview } from '../src/index.ts';

/** Columns x0 … of very different centre and scale, and a label y that follows two of them, as a SELECT's list. */
function columnList(features: number): string {
  const values = Array.from({ length: features }, (_, index) => {
    return `(random() - 0.5) * ${index + 1} + ${index * 100} AS x${index}`;
  });
  return [...values, 'random() + 3 AS y'].join(', ');
}

export function featureNames(features: number): string[] {
  return Array.from({ length: features }, (_, index) => `x${index}`);
}

/** Rows of doubles, as a query. */
export function wideRows(rows: number, features: number): string {
  return `SELECT ${columnList(features)} FROM range(${rows})`;
}

/** An engine with the table `wide`, a training set over all of it, and a ridge model `m` that was never refreshed. */
export async function openWide(path: string, rows: number, features: number): Promise<Everview> {
  const everview = await Everview.open(path, { scheduler: 'manual' });
  const columns = [...featureNames(features), 'y'].map((name) => `${name} DOUBLE`);
  await everview.sql(`
    CREATE TABLE wide (${columns.join(', ')});
    INSERT INTO wide ${wideRows(rows, features)};
    CREATE TRAINING SET examples WITH (label = y) AS SELECT * FROM wide;
    CREATE MODEL m WITH (method = 'ridge', l2 = 1.0, max_staleness = INTERVAL '1 day') AS SELECT * FROM examples;
  `);
  return everview;
}
