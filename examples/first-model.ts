import { Everview, model, primaryKey, t, table, trainingSet } from '../src/index.ts'; // from 'everview'

const sales = table(
  'sales',
  {
    day: t.date().notNull(),
    shop: t.varchar().notNull(),
    price: t.double().notNull().check('price > 0'),
    sold: t.integer().notNull().check('sold >= 0'),
  },
  { onViolation: 'quarantine', constraints: [primaryKey(['day', 'shop'])] },
);
const examples = trainingSet('sold_examples', { label: 'sold' }, 'SELECT shop, price, sold FROM sales');
const demand = model('demand', { method: 'ridge' }, examples);

const engine = await Everview.open(':memory:');
await engine.declare(sales, examples, demand);

const firstDay = Date.UTC(2026, 0, 1);
const rows = Array.from({ length: 200 }, (_, i) => ({
  day: new Date(firstDay + Math.floor(i / 2) * 86_400_000),
  shop: i % 2 === 0 ? 'north' : 'south',
  price: 2 + (i % 5),
  sold: 90 - 10 * (i % 5) - 20 * (i % 2),
}));
await engine.insert('sales', rows);
const update = await engine.insert('sales', [
  { day: new Date('2026-05-01'), shop: 'south', price: 3, sold: 60 },
  { day: new Date('2026-05-01'), shop: 'north', price: -3, sold: 80 }, // a price below 0
]);

const answer = await engine.query(
  `SELECT shop, price, round(prediction, 1) AS will_sell
   FROM PREDICT(demand, (SELECT 'north' AS shop, 4.5 AS price UNION ALL SELECT 'south', 4.5))`,
);
console.log(answer.rows, `${answer.path}, version ${answer.version}, model version ${answer.models.demand}`);
console.log(`${update.status}: ${update.quarantined} row set aside`);
await engine.close();
