import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EverviewError } from '../../index.ts';

/** Paths of what the demo reads. */
export type FlightFiles = {
  /** 3,000,000 rows in time order: date, delay, distance, origin, destination. */
  readonly flights: string;
  readonly airports: string;
  /** SQL of the base tables and views, and of the training set and model. */
  readonly tablesSql: string;
  readonly modelSql: string;
};

/** @throws EverviewError `file-error` when the package with the flights is not installed. */
export function locateFlightFiles(): FlightFiles {
  const data = dataFolder();
  return {
    flights: join(data, 'flights-3m.parquet'),
    airports: join(data, 'airports.csv'),
    tablesSql: examplePath('flights.sql'),
    modelSql: examplePath('flights-model.sql'),
  };
}

function dataFolder(): string {
  try {
    // The package exports its program alone, in build/; its data lie beside that.
    return join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data');
  } catch (cause) {
    throw new EverviewError('file-error', 'the demo needs the flights of the package vega-datasets', {
      hint: 'in a checkout: npm ci; beside an installed everview: npm install vega-datasets',
      cause,
    });
  }
}

function examplePath(name: string): string {
  return fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
}

/** A path as an SQL string. */
export function pathLiteral(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}
