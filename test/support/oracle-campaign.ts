import { keepBroadRegression, runBroadCampaign } from './broad-campaign.ts';
import { BroadCoverage } from './broad-coverage.ts';
import { keepRegression, runCampaign } from './campaign.ts';
import { campaignNumbers } from './campaign-options.ts';

/**
 * `npm run test:oracle -- --steps N --seed S`: the refresh law, for as long as one likes; half of the steps against the
 * plain reference in memory, half against bare DuckDB, in turns.
 */
const { steps: asked, seed } = campaignNumbers('npm run test:oracle --', { steps: 10_000, seed: 1 });
/** From so many steps of all of SQL on, a campaign has met all it has to, whatever its seed. */
const stepsOfCoverage = 10_000;
const stepsOfTurn = 500;

const half = Math.ceil(asked / 2);
const coverage = new BroadCoverage();

function say(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${text}\n`);
}

type Outcome = { readonly text: string; readonly isRight: boolean };

const wrong = (text: string): Outcome => ({ text, isRight: false });

async function play(): Promise<Outcome> {
  let [plain, broad] = [0, 0];
  let [plainSeed, broadSeed] = [seed, seed];
  const told = () => `${plain} steps against the reference in memory, ${broad} against bare DuckDB`;
  for (let turn = 1; plain < half || broad < half; turn++) {
    const one = await runCampaign({ seed: plainSeed, steps: Math.min(stepsOfTurn, half - plain) });
    [plain, plainSeed] = [plain + one.steps, one.nextSeed];
    if (one.failure !== null)
      return wrong(`${one.failure.report}\nkept as ${await keepRegression(one.failure)}`);
    const steps = Math.min(stepsOfTurn, half - broad);
    const other = await runBroadCampaign({ seed: broadSeed, steps, coverage });
    [broad, broadSeed] = [broad + other.steps, other.nextSeed];
    const { failure } = other;
    if (failure !== null) return wrong(`${failure.report}\nkept as ${await keepBroadRegression(failure)}`);
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${told()}, of ${half} each`);
    else if (turn % 4 === 0) say(`${told()}, of ${half} each`);
  }
  const { missing } = coverage;
  if (half >= stepsOfCoverage && missing.length > 0)
    return wrong(`${told()}; never met: ${missing.join(', ')}`);
  return { text: `${told()}, no difference`, isRight: true };
}

const { text, isRight } = await play();
say(coverage.table());
say(text);
if (!isRight) process.exitCode = 1;
