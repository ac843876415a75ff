import { type DatabaseOf, Everview, materializedView, SimulatedClock, t, table } from '../src/index.ts'; // from 'everview'

const flights = table('flights', {
  id: t.bigint().primaryKey(),
  origin: t.varchar().notNull(),
  delay: t.integer(),
});
const delays = materializedView(
  'delays',
  { maxStaleness: '10 minutes' },
  'SELECT origin, count(*) AS flights, avg(delay) AS delay FROM flights GROUP BY ALL',
);

const clock = new SimulatedClock(new Date('2001-01-01T00:00:00Z')); // leave it out for the system's clock
const db = await Everview.open(':memory:', { clock }); // or the name of a file
await db.declare(flights, delays);

// One update; objects, an Arrow table, or a stream of record batches. The same key again changes nothing.
await db.insert('flights', [{ id: 1n, origin: 'JFK', delay: 12 }], { key: 'batch-1' });
// One update of several statements.
await db.transaction(async (update) => {
  await update.insert('flights', [{ id: 2n, origin: 'ORD' }]);
  await update.execute('UPDATE flights SET delay = 0 WHERE delay IS NULL');
});

const answer = await db.query('SELECT * FROM delays WHERE origin = $1', ['JFK']);
console.log(answer.rows, answer.path, answer.staleness[0]?.rows);
clock.advanceMs(11 * 60_000);
console.log(await db.step(), 'view was due');

const typed = await db
  .kysely<DatabaseOf<[typeof flights]>>()
  .selectFrom('flights')
  .select(['origin', 'delay'])
  .orderBy('id')
  .execute();
console.log(typed);

const stream = await db.stream('SELECT id FROM flights'); // batches of at most 2,048 rows
for await (const rows of stream.batches()) console.log(rows.length, 'rows');
await db.close();
