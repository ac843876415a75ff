/** Prints the false alarms and the power of every drift policy: `npx tsx test/support/trigger-campaign.ts --streams 400`. */
import { parseArgs } from 'node:util';
import {
  lossStreamNames,
  rowsToAlarmOnFeatures,
  rowsToAlarmOnLoss,
  triggerOf,
  type ValueStream,
  valueStreams,
} from './drift-streams.ts';
import { Random } from './random.ts';

const { values } = parseArgs({
  options: { streams: { type: 'string', default: '400' }, policy: { type: 'string', default: '' } },
});
const streams = Number(values.streams);
const rows = 4000;
const changeAt = 1200;
const batches = [1, 24, 137];

type Run = (seed: number, batch: number, changeAt: number | null) => number | null;

function report(policy: string, stream: string, run: Run): void {
  if (!policy.includes(values.policy)) return;
  for (const batch of batches) {
    let alarms = 0;
    const delays: number[] = [];
    for (let seed = 1; seed <= streams; seed++) {
      if (run(seed, batch, null) !== null) alarms++;
      const found = run(seed + 1_000_000, batch, changeAt);
      if (found !== null && found > changeAt) delays.push(found - changeAt);
    }
    delays.sort((a, b) => a - b);
    const ninth = delays[Math.ceil(streams * 0.9) - 1];
    console.log(
      [policy, stream, batch, `${alarms}/${streams}`, delays.length / streams, ninth ?? '–'].join('\t'),
    );
  }
}

console.log('policy\tstream\tbatch\tany false alarm\tfound\trows until 9 of 10');
for (const kind of ['adwin', 'kswin', 'page-hinkley', 'live-loss'] as const)
  for (const name of lossStreamNames)
    report(kind, name, (seed, batch, change) =>
      rowsToAlarmOnLoss(triggerOf({ kind }), valueStreams[name], {
        random: new Random(seed),
        rows,
        batch,
        changeAt: change,
      }),
    );

const features: Record<string, [ValueStream[], number]> = {
  'normal of 4': [[valueStreams.normal, valueStreams['heavy tails'], valueStreams['whole numbers']], 1],
  'missing of 2': [[valueStreams['some missing'], valueStreams.uniform], 0],
  '3 categories': [[], 3],
};
for (const schedule of [
  { kind: 'psi' },
  { kind: 'psi', threshold: 1e-9 },
  { kind: 'ks' },
  { kind: 'adwin', on: 'features' },
  { kind: 'kswin', on: 'features' },
] as const)
  for (const [name, [numbers, categories]] of Object.entries(features))
    report(JSON.stringify(schedule), name, (seed, batch, change) =>
      rowsToAlarmOnFeatures(triggerOf(schedule), numbers, categories, {
        random: new Random(seed),
        rows,
        batch,
        changeAt: change,
      }),
    );
