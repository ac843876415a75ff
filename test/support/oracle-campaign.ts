import { parseArgs } from 'node:util';
import { keepBroadRegression, runBroadCampaign } from './broad-campaign.ts';
import { keepRegression, runCampaign } from './campaign.ts';

/**
 * `npm run test:oracle -- --steps N --seed S`: the refresh law, for as long as one likes; half of the steps against the
 * plain reference in memory, half against bare DuckDB.
 */
const { values } = parseArgs({
  options: { steps: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
/** From so many steps on a campaign has met all it has to. */
const stepsOfCoverage = 3_000;

const seed = Number(values.seed);
const steps = Math.ceil(Number(values.steps) / 2);

function say(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${text}\n`);
}

function onProgress(done: number): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${done} of ${steps} steps`);
}

async function failed(report: string, path: Promise<string>): Promise<void> {
  say(`${report}\nkept as ${await path}`);
  process.exitCode = 1;
}

const plain = await runCampaign({ seed, steps, onProgress });
if (plain.failure === null) say(`${plain.steps} steps against the reference in memory, no difference`);
else await failed(plain.failure.report, keepRegression(plain.failure));

const broad = await runBroadCampaign({ seed, steps, onProgress });
say(broad.coverage.table());
const { missing } = broad.coverage;
if (broad.failure === null && broad.steps >= stepsOfCoverage && missing.length > 0) {
  say(`never met: ${missing.join(', ')}`);
  process.exitCode = 1;
}
if (broad.failure === null) say(`${broad.steps} steps against bare DuckDB, no difference`);
else await failed(broad.failure.report, keepBroadRegression(broad.failure));
