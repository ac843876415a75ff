import { campaignNumbers } from './campaign-options.ts';
import { runCrashes } from './crash-run.ts';

/** `npm run test:crash -- --kills N --seed S`: law 2, for as long as one likes. */
const { kills, seed } = campaignNumbers('npm run test:crash --', { kills: 500, seed: 1 });
const isTerminal = process.stdout.isTTY;

const result = await runCrashes({
  kills,
  seed,
  lanes: 2,
  onProgress: (done) => {
    if (isTerminal) process.stdout.write(`\r${done} of ${kills} kills`);
  },
});
if (isTerminal) process.stdout.write('\r\u001b[K');
process.stdout.write(`${result.kills} kills, ${result.acknowledged} updates acknowledged\n`);
for (const problem of result.problems) process.stdout.write(`${problem}\n`);
if (result.problems.length > 0) process.exitCode = 1;
