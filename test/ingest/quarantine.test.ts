import { expect, test } from 'vitest';
import { versionOf } from '../../src/core/version.ts';
import { correctQuarantine, dropQuarantine, releaseQuarantine } from '../../src/ingest/quarantine.ts';
import { recordRejected, rowsOfUpdate } from '../../src/ingest/record-rejected.ts';
import { longTests } from '../support/depth.ts';
import {
  assign,
  check,
  fragment,
  IngestWorld,
  named,
  primaryKey,
  references,
  rejection,
  table,
} from './ingest-world.ts';

const airports = table('airports', { iata: 'VARCHAR' }, primaryKey('iata'));
const flights = table(
  'flights',
  { id: 'BIGINT', origin: 'VARCHAR', delay: 'INTEGER' },
  [...primaryKey('id'), check('delay < 100'), references(['origin'], 'airports')],
  'quarantine',
);

async function world(): Promise<IngestWorld> {
  const opened = await IngestWorld.open(airports, flights);
  await opened.values('airports', `('JFK')`);
  await opened.values('flights', `(1, 'JFK', 1), (2, 'XXX', 2), (3, 'JFK', 300), (4, 'YYY', 4)`);
  return opened;
}

const states = (opened: IngestWorld) =>
  opened.rows(
    `SELECT id::INTEGER AS id, state, "row", corrected, reason FROM everview.quarantine ORDER BY id`,
  );

test('rows are released once they hold, as a late change', async () => {
  await using opened = await world();
  await opened.values('airports', `('XXX')`);
  const target = opened.target('flights');
  const outcome = await opened.update((tx, context) =>
    releaseQuarantine(tx, target, fragment(`constraint_name = 'origin_to_airports' AND id > 1`), context),
  );
  expect(outcome).toMatchObject({ inserted: 1, deleted: 0, released: 1, stillHeld: 1, quarantined: 0 });
  expect(await opened.bag('data.flights')).toEqual([
    [1n, 'JFK', 1],
    [2n, 'XXX', 2],
  ]);
  expect(await opened.rows('SELECT id FROM log.flights WHERE __ev_v = 4')).toEqual([{ id: 2n }]);
  expect((await states(opened)).map((row) => row.state)).toEqual(['released', 'held', 'held']);
  expect((await opened.rows('SELECT id FROM quarantine.flights ORDER BY id')).length).toBe(2);
});

test('corrected rows flow; those that still break something stay as rewritten, with the new reason, and as they came', async () => {
  await using opened = await world();
  const target = opened.target('flights');
  const outcome = await opened.update((tx, context) =>
    correctQuarantine(
      tx,
      target,
      assign({ origin: `'JFK'`, delay: 'delay * 50' }),
      fragment('quarantine_id <> 2'),
      context,
    ),
  );
  expect(outcome).toMatchObject({ released: 0, stillHeld: 2, inserted: 0 });
  expect(await states(opened)).toMatchObject([
    {
      id: 1,
      state: 'held',
      row: '{"id":2,"origin":"XXX","delay":2}',
      corrected: '{"id":2,"origin":"JFK","delay":100}',
      reason: 'delay = 100 breaks CHECK (delay < 100)',
    },
    { id: 2, state: 'held', corrected: null },
    {
      id: 3,
      state: 'held',
      row: '{"id":4,"origin":"YYY","delay":4}',
      corrected: '{"id":4,"origin":"JFK","delay":200}',
    },
  ]);
  const again = await opened.update((tx, context) =>
    correctQuarantine(
      tx,
      target,
      assign({ delay: 'delay / 100' }),
      fragment(`reason LIKE '%CHECK%'`),
      context,
    ),
  );
  expect(again).toMatchObject({ released: 3, stillHeld: 0, inserted: 3 });
  expect(await opened.bag('data.flights')).toEqual([
    [1n, 'JFK', 1],
    [2n, 'JFK', 1],
    [3n, 'JFK', 3],
    [4n, 'JFK', 2],
  ]);
  expect(await opened.bag('quarantine.flights')).toEqual([]);
  expect((await states(opened))[0]).toMatchObject({
    state: 'corrected',
    row: '{"id":2,"origin":"XXX","delay":2}',
    corrected: '{"id":2,"origin":"JFK","delay":1}',
  });
  await expect(
    opened.update((tx, context) => correctQuarantine(tx, target, assign({ dealy: '1' }), null, context)),
  ).rejects.toMatchObject({ code: 'unknown-column', hint: 'did you mean "delay"?' });
});

longTests(() => {
  test('a held change of a row is released as a change', async () => {
    await using opened = await world();
    await opened.set('flights', { delay: '500' }, 'id = 1');
    const target = opened.target('flights');
    const outcome = await opened.update((tx, context) =>
      correctQuarantine(tx, target, assign({ delay: '50' }), fragment('delay = 500'), context),
    );
    expect(outcome).toMatchObject({ released: 1, inserted: 1, deleted: 1 });
    expect(await opened.bag('data.flights')).toEqual([[1n, 'JFK', 50]]);
  });

  test('a held change of a row changes what it was to change, and leaves what came to the row since', async () => {
    const columns = { id: 'BIGINT', a: 'INTEGER', b: 'INTEGER', '"a",': 'INTEGER' };
    const constraints = [...primaryKey('id'), check('a > 0')];
    await using opened = await IngestWorld.open(table('t', columns, constraints, 'quarantine'));
    const target = opened.target('t');
    const correct = (set: Record<string, string>) =>
      opened.update((tx, context) => correctQuarantine(tx, target, assign(set), null, context));
    await opened.values('t', '(1, 1, 1, 1)');
    await opened.set('t', { a: '-5' }, 'id = 1');
    await opened.set('t', { b: '2', '"a",': '3' }, 'id = 1');
    expect(await correct({ a: '5' })).toMatchObject({ released: 1 });
    expect(await opened.bag('data.t')).toEqual([[1n, 5, 2, 3]]);
    // What a correction sets is set as well, though the row is right only after another.
    await opened.set('t', { a: '-5', '"a",': '4' }, 'id = 1');
    expect(await correct({ b: '7' })).toMatchObject({ released: 0, stillHeld: 1 });
    await opened.set('t', { b: '8', '"a",': '9' }, 'id = 1');
    expect(await correct({ a: '6' })).toMatchObject({ released: 1 });
    expect(await opened.bag('data.t')).toEqual([[1n, 6, 7, 4]]);
    const upsert = (set: Record<string, string>) =>
      opened.values('t', '(1, -1, 11, 12)', {
        onConflict: { action: 'update', target: [named('id')], set: assign(set), where: null },
      });
    await upsert({ a: 'excluded.a', b: 'excluded.b' });
    await opened.set('t', { b: '20', '"a",': '21' }, 'id = 1');
    expect(await correct({ a: '1' })).toMatchObject({ released: 1 });
    expect(await opened.bag('data.t')).toEqual([[1n, 1, 11, 21]]);
  });

  test('SET and WHERE of a held change read what the row has by now in the columns that it leaves', async () => {
    const columns = { id: 'BIGINT', qty: 'INTEGER', price: 'INTEGER', total: 'INTEGER' };
    const constraints = [...primaryKey('id'), check('total = qty * price')];
    await using opened = await IngestWorld.open(table('t', columns, constraints, 'quarantine'));
    const target = opened.target('t');
    const correct = (set: Record<string, string>, where: string | null) =>
      opened.update((tx, context) =>
        correctQuarantine(tx, target, assign(set), where === null ? null : fragment(where), context),
      );
    await opened.values('t', '(1, 2, 3, 6)');
    await opened.set('t', { qty: '5' }, 'id = 1');
    await opened.set('t', { price: '10', total: '20' }, 'id = 1');
    expect(await correct({ total: 'qty * price' }, 'price = 3')).toMatchObject({ released: 0, stillHeld: 0 });
    expect(await correct({ total: 'qty * price' }, 'price = 10')).toMatchObject({ released: 1 });
    expect(await opened.bag('data.t')).toEqual([[1n, 5, 10, 50]]);
    await opened.set('t', { qty: '7' }, 'id = 1');
    await opened.set('t', { price: '11', total: '55' }, 'id = 1');
    await opened.set('t', { qty: '7', total: '77' }, 'id = 1');
    const release = (where: string) =>
      opened.update((tx, context) => releaseQuarantine(tx, target, fragment(where), context));
    expect(await release('price = 10')).toMatchObject({ released: 0, stillHeld: 0 });
    expect(await release('price = 11')).toMatchObject({ released: 1 });
    await opened.set('t', { qty: '1' }, 'id = 1');
    await opened.set('t', { price: '12', total: '84' }, 'id = 1');
    const drop = (where: string) =>
      opened.update((tx, context) => dropQuarantine(tx, target, fragment(where), context));
    expect(await drop('price = 11')).toBe(0);
    expect(await drop('price = 12')).toBe(1);
  });

  test('a released row may not take a key that is taken by now', async () => {
    await using opened = await world();
    await opened.values('flights', `(2, 'JFK', 9)`);
    await opened.values('airports', `('XXX')`);
    const target = opened.target('flights');
    const outcome = await opened.update((tx, context) =>
      releaseQuarantine(tx, target, fragment('id = 2'), context),
    );
    expect(outcome).toMatchObject({ released: 0, stillHeld: 1 });
    expect((await states(opened))[0]?.reason).toContain('id = 2 is already in "flights"');
  });
});

test('dropped rows stay on record and leave the quarantine', async () => {
  await using opened = await world();
  const target = opened.target('flights');
  const dropped = await opened.update((tx, context) =>
    dropQuarantine(tx, target, fragment('delay > 100'), context),
  );
  expect(dropped).toBe(1);
  expect((await states(opened)).map((row) => row.state)).toEqual(['held', 'dropped', 'held']);
  expect((await opened.rows('SELECT id FROM quarantine.flights')).length).toBe(2);
  expect(await opened.update((tx, context) => dropQuarantine(tx, target, null, context))).toBe(2);
});

longTests(() => {
  test('the rows of a refused update are kept, good and bad', async () => {
    await using opened = await world();
    const refused = await rejection(opened.values('airports', `('LAX'), (NULL), ('JFK')`));
    await opened.update((tx, context) => recordRejected(tx, refused.rejected, context));
    const rows = await opened.rows(`SELECT * FROM everview.quarantine WHERE state = 'rejected' ORDER BY id`);
    expect(rows).toMatchObject([
      { id: 4n, version: null, table: 'airports', constraint_name: 'update-rejected', row: '{"iata":"LAX"}' },
      { id: 5n, constraint_name: 'iata_not_null', row: '{"iata":null}' },
      { id: 6n, constraint_name: 'iata_key', row: '{"iata":"JFK"}', resolved_at: null },
    ]);
  });

  test('an update of several statements that fails late gives up what its earlier ones brought', async () => {
    await using opened = await world();
    const rows = await opened.store.write((tx) =>
      rowsOfUpdate(tx, opened.target('flights'), { updateId: 2, version: versionOf(2) }, 'why'),
    );
    expect(rows.rows.map((row) => row.content)).toEqual([
      '{"id":1,"origin":"JFK","delay":1}',
      '{"id":2,"origin":"XXX","delay":2}',
      '{"id":3,"origin":"JFK","delay":300}',
      '{"id":4,"origin":"YYY","delay":4}',
    ]);
  });
});
