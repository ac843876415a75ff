import { availableParallelism } from 'node:os';
import { BroadCoverage } from './broad-coverage.ts';
import { campaignNumbers } from './campaign-options.ts';
import { OracleProcess } from './oracle-process.ts';
import type { OracleTurn } from './oracle-turn.ts';

/**
 * `npm run test:oracle -- --steps N --seed S`: the refresh law, for as long as one likes; half of the steps against the
 * plain reference in memory, half against bare DuckDB. The same steps whatever the number of processes.
 */
const { steps, seed, processes } = campaignNumbers('npm run test:oracle --', {
  steps: 10_000,
  seed: 1,
  processes: availableParallelism(),
});
/** From so many steps of all of SQL on, a campaign has met all it has to, whatever its seed. */
const stepsOfCoverage = 10_000;
const stepsOfTurn = 500;
/** A history takes one seed and plays some tens of steps, so that turns have no seeds in common. */
const seedsOfTurn = 500;

const half = Math.ceil(steps / 2);
const played = { memory: 0, DuckDB: 0 };
const coverage = new BroadCoverage();
const failures: string[] = [];

function say(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${text}\n`);
}

const told = () =>
  `${played.memory} steps against the reference in memory, ${played.DuckDB} against bare DuckDB`;

function* turns(): Generator<OracleTurn> {
  for (let [done, at] = [0, seed]; done < half; done += stepsOfTurn, at += seedsOfTurn) {
    const some = Math.min(stepsOfTurn, half - done);
    yield { against: 'memory', seed: at, steps: some };
    yield { against: 'DuckDB', seed: at, steps: some };
  }
}

let turnsPlayed = 0;

/** Plays what is left of the turns, until one of any process fails. */
async function playAll(some: Iterable<OracleTurn>): Promise<void> {
  let player: OracleProcess | null = null;
  try {
    for (const turn of some) {
      player ??= new OracleProcess();
      const { steps: count, met, failure } = await player.play(turn);
      played[turn.against] += count;
      if (met !== null) coverage.merge(met);
      if (failure !== null) failures.push(failure);
      if (failures.length > 0) break;
      turnsPlayed++;
      if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${told()}, of ${half} each`);
      else if (turnsPlayed % 8 === 0) say(`${told()}, of ${half} each`);
    }
  } catch (failure) {
    // What the others have found is told all the same.
    failures.push(failure instanceof Error ? failure.message : String(failure));
  }
  const wrong = (await player?.end()) ?? null;
  if (wrong !== null && failures.length === 0) failures.push(wrong);
}

const left = turns();
// What one process takes of the turns the others do not get; a loop that ends early must not end the rest.
const shared: Iterable<OracleTurn> = { [Symbol.iterator]: () => ({ next: () => left.next() }) };
await Promise.all(Array.from({ length: processes }, () => playAll(shared)));

const missing = half >= stepsOfCoverage ? coverage.missing : [];
say(coverage.table());
for (const failure of failures) say(failure);
if (failures.length > 0) say(told());
else if (missing.length > 0) say(`${told()}; never met: ${missing.join(', ')}`);
else say(`${told()}, no difference`);
if (failures.length > 0 || missing.length > 0) process.exitCode = 1;
