import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SimulatedClock } from '../../src/core/clock.ts';
import { Everview } from '../../src/index.ts';
import { ledgerUpdate } from './crash-ledger.ts';
import { Random } from './random.ts';

/**
 * Waits for one line (`path seed`), opens the database and updates it until it is killed. Each accepted update is
 * acknowledged on standard output before the next begins.
 */
const [line = ''] = await new Promise<string[]>((resolve) => {
  createInterface({ input: process.stdin }).once('line', (text) => resolve([text]));
});
const [path = '', seed = '1'] = line.split(' ');
const random = new Random(Number(seed));
const db = await Everview.open(path, { clock: new SimulatedClock(Date.UTC(2001, 0, 1)) });
for (let n = Number(db.version); ; n++) {
  const update = await db.transaction(async (transaction) => {
    for (const statement of ledgerUpdate(n)) await transaction.execute(statement);
  });
  writeSync(1, `${n} ${update.version}\n`);
  const next = random.weighted({ nothing: 10, view: 3, model: 2, query: 1 });
  if (next === 'view') await db.refresh('flows', random.pick(['auto', 'incremental', 'full']));
  if (next === 'model') await db.refresh('amount', random.pick(['auto', 'full']));
  if (next === 'query') await db.query('SELECT * FROM totals');
}
