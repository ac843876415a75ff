import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { openEverview } from '../support/open-everview.ts';

const hourMs = 3_600_000;

let db: Everview;
let clock: SimulatedClock;

afterEach(() => db.close());

const usualWord = `'word' || (i % 5)`;
const halfMissing = `CASE WHEN i % 2 = 0 THEN 'N/A' ELSE ${usualWord} END`;

/** An hour's rows; `factor` is what x is multiplied by. */
async function bring(hour: number, factor: number, word = usualWord): Promise<void> {
  clock.advanceMs(hourMs);
  await db.execute(`
    INSERT INTO t SELECT ${hour} * 1000 + i, ${factor} * (20 + (hash(i, ${hour}) % 1000) / 100.0), ${word} FROM range(200) r(i)`);
}

/** A table with thirty usual updates. */
async function world(options: string): Promise<void> {
  ({ db, clock } = await openEverview());
  await db.sql(`CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, w VARCHAR) WITH (profile = on, ${options})`);
  for (let hour = 0; hour < 30; hour++) await bring(hour, 1);
}

async function incidents(columns: string) {
  return (await db.query(`SELECT ${columns} FROM everview.incidents ORDER BY incident_id`)).rows;
}

async function eventsOf(incident: number): Promise<unknown[]> {
  const { rows } = await db.query(
    'SELECT event FROM everview.incident_events WHERE incident_id = $1 ORDER BY event_id',
    [incident],
  );
  return rows.map(({ event }) => event);
}

describe('a deadline that lets in what one of two incidents was accepted for', () => {
  const passDeadline = async (response: string, acceptedFor: string) => {
    await world(`on_finding = ${response}, hold = INTERVAL '6 hours' THEN accept_marked`);
    await bring(30, 100, halfMissing);
    expect(await incidents('subject, state, taken')).toEqual([
      { subject: 'unit-change x', state: 'open', taken: null },
      { subject: 'implicit-null w', state: 'open', taken: null },
    ]);
    await db.execute(`ACCEPT INCIDENT 1 FOR INTERVAL '${acceptedFor}'`);
    clock.advanceMs(7 * hourMs);
    await db.step();
  };

  it.each(['ask', 'hold_refresh'])('leaves it vouched for (%s)', async (response) => {
    await passDeadline(response, '12 hours');
    expect(await incidents('state, taken')).toEqual([
      { state: 'accepted', taken: null },
      { state: 'open', taken: 'block' },
    ]);
    expect(await eventsOf(1)).toEqual(['opened', 'accepted']);
  });

  it.each(['ask', 'hold_refresh'])('opens it again where that has expired (%s)', async (response) => {
    await passDeadline(response, '2 hours');
    expect(await incidents('state, taken')).toEqual([
      { state: 'open', taken: 'block' },
      { state: 'open', taken: 'block' },
    ]);
    expect(await eventsOf(1)).toEqual(['opened', 'accepted', 'expired']);
  });
});
