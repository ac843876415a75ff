import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDefinition } from '../../src/declare/format-statement.ts';
import { parseStatement } from '../../src/declare/statement-parser.ts';
import { splitStatements } from '../../src/declare/statement-reader.ts';
import { definitionArbitrary } from './definition-arbitrary.ts';

function definitionOf(sql: string) {
  const statement = parseStatement(sql);
  if (statement.kind !== 'create') throw new TypeError(`not a CREATE: ${sql}`);
  return statement.definition;
}

describe('formatDefinition', () => {
  it('prints what reads back as the same definition, and as one statement', () => {
    fc.assert(
      fc.property(definitionArbitrary, (definition) => {
        const sql = formatDefinition(definition);
        expect(definitionOf(sql)).toEqual(definition);
        expect(splitStatements(`${sql};`).map(({ text }) => text)).toEqual([sql]);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    `CREATE TABLE flights (
  id BIGINT PRIMARY KEY,
  departs TIMESTAMP NOT NULL,
  "window" VARCHAR DEFAULT 'x' NOT NULL REFERENCES airports (iata),
  delay INTEGER,
  UNIQUE (departs, "window"),
  CONSTRAINT flights_delay_check CHECK (delay BETWEEN -120 AND 2000)
) WITH (event_time = departs, on_violation = quarantine, heartbeat = INTERVAL '1 day')`,
    `CREATE VIEW v AS
SELECT 1`,
    `CREATE MATERIALIZED VIEW v WITH (max_staleness = INTERVAL '1 day 12 hours 5 milliseconds', max_rows = 10, refresh = manual, on_stale_read = fail, tolerance = 0.000001) AS
SELECT 1`,
    `CREATE TRAINING SET s WITH (label = y, event_time = "at", label_delay = INTERVAL '1 day', window = INTERVAL '60 days', holdout = INTERVAL '7 days') AS
FROM t`,
    `CREATE MODEL m WITH (method = ridge, l2 = 0.5, standardize = false, categorical = (a, b), missing = drop, max_effect = 0.5, gate = (rmse <= 40, rmse <= 1.02 * current)) AS
SELECT * EXCLUDE (c) FROM s`,
  ])('leaves canonical SQL as it is: %s', (sql) => {
    expect(formatDefinition(definitionOf(sql))).toBe(sql);
  });
});
