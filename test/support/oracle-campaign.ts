import { parseArgs } from 'node:util';
import { keepRegression, runCampaign } from './campaign.ts';

/** `npm run test:oracle -- --steps N --seed S`: the refresh law, for as long as one likes. */
const { values } = parseArgs({
  options: { steps: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const steps = Number(values.steps);
const isTerminal = process.stdout.isTTY;

const result = await runCampaign({
  seed: Number(values.seed),
  steps,
  onProgress: (done) => {
    if (isTerminal) process.stdout.write(`\r${done} of ${steps} steps`);
  },
});
if (isTerminal) process.stdout.write('\r\u001b[K');
if (result.failure === null) {
  process.stdout.write(`${result.steps} steps, no difference\n`);
} else {
  const path = await keepRegression(result.failure);
  process.stdout.write(`${result.failure.report}\nkept as ${path}\n`);
  process.exitCode = 1;
}
