import { addErrors, type DayScore, noErrors, rmse, type Tenth } from './day-score.ts';
import { type DemoPlan, dateOf } from './demo-plan.ts';
import { count, decimal, left, type Page, right } from './page.ts';

const periodDays = 14;

/** How far predictions were from what happened, through time and by rank. */
export async function reportErrors(plan: DemoPlan, scores: readonly DayScore[], page: Page): Promise<void> {
  const spoiled = spoiledDays(plan);
  const sound = scores.filter(({ day }) => !spoiled.includes(day));
  await page.heading('Error of predictions made before the flights were seen');
  await page.text(
    'Root mean square, in minutes: the model as the engine kept it, its first version had it never been',
    'refreshed, and the mean of the training rows.',
  );
  const [firstDay = plan.historyDays] = sound.map(({ day }) => day);
  const periods = Array.from({ length: Math.ceil((plan.days - firstDay) / periodDays) }, (_, index) => {
    const from = firstDay + index * periodDays;
    return { from, to: Math.min(from + periodDays, plan.days) - 1 };
  });
  const rows = periods.map(({ from, to }) =>
    errorCells(
      `${dateOf(from)} to ${dateOf(to)}`,
      sound.filter(({ day }) => day >= from && day <= to),
    ),
  );
  await page.table(
    [left('days'), ...['flights', 'engine', 'never refreshed', 'mean'].map(right)],
    [...rows, errorCells('all', sound)],
  );
  await page.aside(`Without ${spoiled.map(dateOf).join(' and ')}, of which more below.`);
  await reportTenths(sound, page);
}

/** The corrupted day has wrong labels, the day after wrong features. */
export function spoiledDays({ corruptedDay }: DemoPlan): number[] {
  return [corruptedDay, corruptedDay + 1];
}

function errorCells(label: string, scores: readonly DayScore[]): string[] {
  const sums = scores.reduce(addErrors, noErrors);
  const of = (squares: number): string => decimal(rmse(squares, sums.rows), 2);
  return [label, count(sums.rows), of(sums.model), of(sums.first), of(sums.mean)];
}

async function reportTenths(scores: readonly DayScore[], page: Page): Promise<void> {
  const sums = Array.from({ length: 10 }, (_, index) =>
    scores.map(({ tenths }) => tenths[index]).reduce<Tenth>(addTenth, { rows: 0, delay: 0, predicted: 0 }),
  );
  const means = (of: 'predicted' | 'delay'): string[] =>
    sums.map((tenth) => decimal(tenth[of] / tenth.rows, 1));
  await page.text('', "Each day's flights in tenths by prediction, least first; mean minutes of delay:");
  await page.table(
    [left(''), ...sums.map((_, index) => right(`${index + 1}.`))],
    [
      ['predicted', ...means('predicted')],
      ['happened', ...means('delay')],
    ],
  );
}

function addTenth(sum: Tenth, tenth: Tenth | undefined): Tenth {
  if (tenth === undefined) return sum;
  return {
    rows: sum.rows + tenth.rows,
    delay: sum.delay + tenth.delay,
    predicted: sum.predicted + tenth.predicted,
  };
}
