import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SimulatedClock } from '../../src/core/clock.ts';
import { quoteIdentifier, quoteLiteral } from '../../src/core/identifier.ts';
import { numericKindOf, type Schema } from '../../src/core/schema.ts';
import type { Session } from '../../src/core/session.ts';
import { Everview, type Finding, type UpdateResult } from '../../src/index.ts';
import { seededRandom } from '../../src/ingest/drill/seeded-random.ts';
import { filesOf, type ReplaySet } from './replay-sets.ts';

/** What was done to labels, or to what they are learned from, in copies of an update. */
export const labelErrors = ['labels of other rows', 'labels exchanged', 'a feature of other rows'] as const;

export type LabelError = (typeof labelErrors)[number];

export type LabelOutcome = {
  readonly error: LabelError;
  readonly share: number;
  readonly isCaught: boolean;
  /** Caught by nothing but what the model says. */
  readonly isByModel: boolean;
  readonly isBlocked: boolean;
  readonly named: string | null;
};

export type LabelReplay = {
  readonly name: string;
  readonly heldOut: boolean;
  readonly method: 'ridge' | 'logistic';
  readonly updates: number;
  /** Updates as they came of which a model made something, and findings of theirs that a model speaks for. */
  readonly noticed: number;
  readonly blocked: number;
  readonly outcomes: readonly LabelOutcome[];
};

type Row = Record<string, unknown>;
type Batch = { readonly rows: readonly Row[]; readonly atMs: number };

/** Updates between refreshes of the model, and updates before the first. */
const refreshedEvery = 4;
const firstRefresh = 4;

/** Updates broken, and how many of the last are let be, so that these have a history. */
const brokenUpdates = 3;
const shares = [0.01, 0.05, 0.2, 1] as const;

/** Replays a set through an engine with a model of its label, then breaks labels in copies of some of its updates. */
export async function replayLabels(
  session: Session,
  set: ReplaySet,
  directory: string,
  most: number,
): Promise<LabelReplay | null> {
  const files = filesOf(set);
  if (files === null || set.label === null) return null;
  const { schema, batches } = await batchesOf(session, set, files, most);
  const path = join(directory, `labels-${set.name}.db`);
  await rm(path, { force: true });
  const clock = new SimulatedClock(batches[0]?.atMs ?? 0);
  const label = set.label;
  let db = await Everview.open(path, { clock, threads: 1 });
  const method = await declare(db, schema, set, label, batches);
  const copies = new Set(Array.from({ length: brokenUpdates }, (_, place) => batches.length - 1 - 3 * place));
  const outcomes: LabelOutcome[] = [];
  let [updates, noticed, blocked] = [0, 0, 0];
  for (const [place, { rows, atMs }] of batches.entries()) {
    clock.advanceMs(Math.max(0, atMs - clock.nowMs()));
    if (copies.has(place)) {
      await db.close();
      outcomes.push(...(await breakCopies(path, atMs, rows, schema, label, method)));
      db = await Everview.open(path, { clock, threads: 1 });
    }
    const told = byModels(await db.insert('t', rows));
    if (place > firstRefresh + 8) updates += 1;
    if (told.length > 0) noticed += 1;
    if (told.some(({ severity }) => severity === 'block')) blocked += 1;
    if (place >= firstRefresh && place % refreshedEvery === 0) await db.sql('REFRESH m');
  }
  await db.close();
  await rm(path, { force: true });
  return { name: set.name, heldOut: set.heldOut, method, updates, noticed, blocked, outcomes };
}

function byModels({ verdicts }: UpdateResult): Finding[] {
  return verdicts.flatMap(({ findings }) =>
    findings.filter(({ severity, models }) => severity !== 'log' && models.length > 0),
  );
}

async function batchesOf(session: Session, set: ReplaySet, files: readonly string[], most: number) {
  await session.run(`CREATE OR REPLACE TEMP TABLE replayed AS ${set.select(files)}`);
  const schema = (await session.describe('SELECT * FROM replayed')).filter(({ name }) => name !== '__batch');
  const numbers = await session.rows(
    `SELECT __batch AS n FROM replayed GROUP BY 1 HAVING count(*) >= 20 ORDER BY 1 LIMIT ${most}`,
  );
  const batches: Batch[] = [];
  for (const [index, { n }] of numbers.entries()) {
    const rows = await session.rows(`SELECT * EXCLUDE (__batch) FROM replayed WHERE __batch = ${n}`);
    const time = set.eventTime === null ? null : quoteIdentifier(set.eventTime);
    const [last] =
      time === null
        ? []
        : await session.rows(
            `SELECT epoch_ms(max(${time})::TIMESTAMP)::DOUBLE AS at FROM replayed WHERE __batch = ${n}`,
          );
    batches.push({ rows, atMs: last === undefined ? (index + 1) * 86_400_000 : Number(last['at']) });
  }
  return { schema, batches };
}

/** Features: numbers, and texts of few values. */
async function declare(
  db: Everview,
  schema: Schema,
  set: ReplaySet,
  label: string,
  batches: readonly Batch[],
): Promise<'ridge' | 'logistic'> {
  const columns = schema.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ');
  const time = set.eventTime === null ? '' : `event_time = ${quoteIdentifier(set.eventTime)}, `;
  await db.sql(`CREATE TABLE t (${columns}) WITH (${time}profile = on, false_alarms = 1)`);
  const sample = batches.slice(0, 8).flatMap(({ rows }) => rows);
  const distinct = (name: string) => new Set(sample.map((row) => row[name])).size;
  const features = schema.filter(({ name, type }) => {
    if (name === label || name === set.eventTime || distinct(name) < 2) return false;
    return numericKindOf(type) !== null || (type === 'VARCHAR' && distinct(name) <= 60);
  });
  const isClass = distinct(label) === 2;
  const { eventTime } = set;
  const times =
    eventTime === null
      ? []
      : ['hour', 'dayofweek'].map((part) => `'h' || ${part}(${quoteIdentifier(eventTime)}) AS "its_${part}"`);
  const list = [...features.map(({ name }) => quoteIdentifier(name)), ...times].join(', ');
  const labelled = isClass
    ? `${quoteIdentifier(label)}::VARCHAR AS ${quoteIdentifier(label)}`
    : quoteIdentifier(label);
  await db.sql(
    `CREATE TRAINING SET s WITH (label = ${quoteIdentifier(label)}) AS SELECT ${list}, ${labelled} FROM t`,
  );
  await db.sql(
    `CREATE MODEL m WITH (method = ${quoteLiteral(isClass ? 'logistic' : 'ridge')}) AS SELECT * FROM s`,
  );
  return isClass ? 'logistic' : 'ridge';
}

async function breakCopies(
  path: string,
  atMs: number,
  rows: readonly Row[],
  schema: Schema,
  label: string,
  method: 'ridge' | 'logistic',
): Promise<LabelOutcome[]> {
  const outcomes: LabelOutcome[] = [];
  const random = seededRandom(7);
  const numbers = schema.filter(({ name, type }) => name !== label && numericKindOf(type) !== null);
  for (const error of labelErrors) {
    if (error === 'labels exchanged' && method === 'ridge') continue;
    for (const share of shares) {
      const column =
        error === 'a feature of other rows'
          ? (numbers[Math.floor(random() * numbers.length)]?.name ?? label)
          : label;
      const copy = `${path}.copy`;
      await copyFile(path, copy);
      await using db = await Everview.open(copy, { clock: new SimulatedClock(atMs), threads: 1 });
      const { verdicts } = await db.insert('t', brokenRows(rows, column, error, share, random));
      const found = verdicts.flatMap(({ findings }) => findings.filter(({ severity }) => severity !== 'log'));
      outcomes.push({
        error,
        share,
        isCaught: found.length > 0,
        isByModel: found.some(({ models }) => models.length > 0),
        isBlocked: found.some(({ severity }) => severity === 'block'),
        named: found[0]?.cause ?? null,
      });
    }
  }
  return outcomes;
}

function shuffled(places: readonly number[], random: () => number): number[] {
  return places
    .map((place) => ({ place, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ place }) => place);
}

/** In a share of the rows, chosen at random: values moved among them, or each exchanged with the other. */
function brokenRows(
  rows: readonly Row[],
  column: string,
  error: LabelError,
  share: number,
  random: () => number,
): Row[] {
  const hit = rows.flatMap((_, place) => (share >= 1 || random() < share ? [place] : []));
  const values = [...new Set(rows.map((row) => row[column]))];
  const sources = shuffled(hit, random);
  const broken = rows.map((row) => ({ ...row }));
  for (const [index, place] of hit.entries()) {
    const row = broken[place];
    const source = rows[sources[index] ?? place];
    if (row === undefined || source === undefined) continue;
    row[column] =
      error === 'labels exchanged' ? values.find((value) => value !== row[column]) : source[column];
  }
  return broken;
}
