import { expect, it } from 'vitest';
import { firstOf } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

type Known = {
  readonly version: number;
  readonly key: number;
  readonly prediction: number;
  readonly hadLabel: boolean;
  state: 'new' | 'waiting' | 'scored' | 'known';
  error: number;
  wasLetGo: boolean;
};

/** What ought to be known of predictions, from what was done alone: no SQL, no history. */
class Reference {
  readonly labels = new Map<number, number | null>();
  readonly log: Known[] = [];
  /** Keys that had a label when the training set was last refreshed, with it. */
  contents = new Map<number, number>();

  /** The set lets go of labels that it had: of predictions whose key had one this is told. */
  refreshed(): void {
    for (const one of this.log)
      if (one.state === 'new' && this.contents.has(one.key))
        one.wasLetGo ||= this.contents.get(one.key) !== (this.labels.get(one.key) ?? null);
    this.contents = new Map([...this.labels].flatMap(([key, y]) => (y === null ? [] : [[key, y]])));
  }

  predicted(version: number, key: number, prediction: number): void {
    if (this.log.some((one) => one.version === version && one.key === key)) return;
    const hadLabel = (this.labels.get(key) ?? null) !== null;
    this.log.push({ version, key, prediction, hadLabel, state: 'new', error: 0, wasLetGo: false });
  }

  looked(): void {
    if (this.log.some(({ state }) => state === 'new' || state === 'waiting')) this.refreshed();
    for (const one of this.log) {
      if (one.state === 'scored' || one.state === 'known') continue;
      const label = this.labels.get(one.key) ?? null;
      if (label === null && one.state === 'new' && one.hadLabel && one.wasLetGo) one.state = 'known';
      else if (label === null) one.state = 'waiting';
      else if (one.state === 'new' && one.hadLabel) one.state = 'known';
      else {
        one.state = 'scored';
        one.error = Math.abs(label - one.prediction);
      }
    }
  }

  told() {
    const versions = [...new Set(this.log.map(({ version }) => version))].sort((a, b) => a - b);
    return versions.map((version) => {
      const errors = this.log.flatMap((one) =>
        one.version === version && one.state === 'scored' ? [one.error] : [],
      );
      const mean = errors.length === 0 ? null : errors.reduce((sum, error) => sum + error, 0) / errors.length;
      return [version, errors.length, mean === null ? null : Math.round(mean * 1e6)];
    });
  }
}

const seeds = firstOf([2, 1, 3]);

it.each(seeds)('labels are found as a plain account of the history has them (seed %i)', async (seed) => {
  const random = new Random(seed);
  const { db, clock } = await openEverview({ seed });
  const reference = new Reference();
  let rows = 0;
  const arrive = async (count: number, isLabelled: boolean) => {
    const news = random.list(count, (place) => ({
      id: rows + place,
      x: random.int(0, 9),
      y: isLabelled ? random.int(0, 20) : null,
    }));
    rows += count;
    for (const { id, y } of news) reference.labels.set(id, y);
    await db.insert('t', news);
  };
  const label = async () => {
    const id = random.int(0, rows - 1);
    const y = random.chance(0.15) ? null : random.int(0, 20);
    if (reference.labels.has(id)) reference.labels.set(id, y);
    await db.execute(`UPDATE t SET y = ${y === null ? 'NULL' : y} WHERE id = ${id}`);
  };
  const predict = async () => {
    const from = random.int(0, rows - 1);
    const { rows: given, models } = await db.query(
      `SELECT id, prediction FROM PREDICT(m, (SELECT id, x FROM t WHERE id BETWEEN ${from} AND ${from + 5})) ORDER BY id`,
    );
    for (const { id, prediction } of given)
      reference.predicted(Number(models['m']), Number(id), Number(prediction));
  };
  const look = async () => {
    const told = (await db.performance('m')).filter(({ metric }) => metric === 'mae');
    reference.looked();
    expect(
      told.map(({ version, rows: count, score }) => [
        version,
        count,
        score === null ? null : Math.round(score * 1e6),
      ]),
    ).toEqual(reference.told());
  };
  const forget = async () => {
    const id = random.int(0, rows - 1);
    reference.labels.delete(id);
    await db.execute(`DELETE FROM t WHERE id = ${id}`);
  };
  await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, y DOUBLE);
    CREATE TRAINING SET s WITH (label = y) AS SELECT id, x, y FROM t WHERE x < 9;
    CREATE MODEL m WITH (method = 'ridge', refresh = manual, log_predictions = (id)) AS SELECT x FROM s`);
  await arrive(20, true);
  await db.sql('REFRESH m');
  // A row that the training set leaves out never has a label.
  for (const { id } of (await db.query('SELECT id FROM t WHERE x >= 9')).rows)
    reference.labels.delete(Number(id));
  reference.refreshed();
  for (let step = 0; step < 60; step++) {
    clock.advanceMs(1_000);
    const move = random.weighted({ arrive: 2, label: 6, predict: 5, look: 2, forget: 1, refresh: 1 });
    if (move === 'arrive') await arrive(random.int(1, 4), random.chance(0.3));
    else if (move === 'label') await label();
    else if (move === 'predict') await predict();
    else if (move === 'look') await look();
    else if (move === 'forget') await forget();
    else {
      await db.sql('REFRESH m FULL');
      reference.refreshed();
    }
    for (const { id } of (await db.query('SELECT id FROM t WHERE x >= 9')).rows)
      reference.labels.delete(Number(id));
  }
  await look();
  const { rows: states } = await db.query(
    'SELECT model_version AS version, key[1]::INTEGER AS key, state FROM everview.predictions ORDER BY 1, 2',
  );
  expect(states.map(({ version, key, state }) => `${version} ${key} ${state}`)).toEqual(
    reference.log
      .toSorted((a, b) => a.version - b.version || a.key - b.key)
      .map(({ version, key, state }) => `${version} ${key} ${state}`),
  );
  await db.close();
});
