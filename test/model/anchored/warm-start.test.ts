import { expect, it } from 'vitest';
import { openEverview } from '../../support/open-everview.ts';

const rows = 6_000;

it('fits anew from nothing where the weights before are sure of new rows, and wrong', async () => {
  const { db } = await openEverview();
  await db.sql(`
    CREATE TABLE calls (month VARCHAR, previous DOUBLE, variation DOUBLE, rate DOUBLE, y BOOLEAN);
    CREATE TRAINING SET examples WITH (label = y) AS SELECT * FROM calls;
    CREATE MODEL warm WITH (method = logistic, refresh = manual) AS SELECT * FROM examples;
    CREATE MODEL cold WITH (method = logistic, refresh = manual) AS SELECT * FROM examples;
    INSERT INTO calls SELECT CASE i * 3 // ${rows} WHEN 0 THEN 'may' WHEN 1 THEN 'jun' ELSE 'aug' END, 0,
      CASE i * 3 // ${rows} WHEN 0 THEN 1.1 ELSE 1.4 END, 4.857 + 0.11 * (i / ${rows}), hash(i) % 25 = 0
      FROM range(${rows}) r(i)`);
  await db.refresh('warm');
  // A month, a number that was always 0, and an economy as it was not before.
  await db.sql(`INSERT INTO calls SELECT 'oct', CASE WHEN i IN (20, 21) THEN 1 ELSE 0 END, -1, 5.045 - 0.04 * i,
    hash(i) % 2 = 0 FROM range(80) r(i)`);
  await db.refresh('warm');
  await db.refresh('cold');
  const { rows: off } = await db.query(
    `SELECT max(abs(w.probability - c.probability)) AS most
     FROM PREDICT(warm, examples) w POSITIONAL JOIN PREDICT(cold, examples) c`,
  );
  expect(off[0]?.most).toBeLessThan(1e-8);
  await db.close();
});
