import type { AimsJudgement, PolicySummary } from '../../src/lab/laboratory.ts';
import type { SetReport } from './policies-report.ts';
import { least, SetFigures, timesBest } from './set-figures.ts';

/** A claim with the figures of the run, and whether they bear it out. */
export type Lesson = { readonly claim: string; readonly holds: boolean; readonly figures: string };

/** POLICY-LESSONS.md: every figure is of this run, and a claim that it does not bear out says so. */
export function lessonsReport(sets: readonly SetReport[], aims: AimsJudgement): string {
  const lessons = lessonsOf(sets, aims);
  return [
    '# What the standard suite teaches',
    '',
    'Written by `npm run bench:policies` from the same run as [POLICIES.md](POLICIES.md): real histories, replayed through ' +
      "the engine under many policies each. Losses are a row's; × is what a policy cost beside the best schedule in hindsight " +
      'over the same window. Where the figures of a run do not bear out what was learned before, the lesson says so.',
    '',
    ...lessons.map(({ claim, holds, figures }, place) => {
      const not = holds ? '' : ' **In this run it does not hold.**';
      return `${place + 1}. **${claim}**${not} ${figures}`;
    }),
    '',
  ].join('\n');
}

/** Of those lessons whose sets were measured. */
export function lessonsOf(sets: readonly SetReport[], aims: AimsJudgement): readonly Lesson[] {
  const figures = sets.map((set) => new SetFigures(set));
  return [
    windowsMatter(figures),
    windowsForget(figures),
    nothingDrifts(figures),
    waitingIsDear(figures),
    fixedIntervals(figures),
    skiRental(figures, aims),
    driftAlarms(figures),
    maxEffect(figures, aims),
    baselines(figures),
    fullRefreshes(figures),
  ].filter((lesson) => lesson !== null);
}

function windowsMatter(sets: readonly SetFigures[]): Lesson | null {
  const told = named(sets, ['elec2', 'bike_sharing']).flatMap((set) => {
    const plain = set.plainLines;
    const forgetting = set.all(
      ({ schedule, window }) => schedule.kind === 'every-update' && window.kind !== 'all',
    );
    if (plain.length === 0 || forgetting.length === 0) return [];
    const [from, to] = rangeOf(plain.map(({ meanLoss }) => meanLoss));
    const holds = forgetting.every(({ meanLoss }) => meanLoss < from);
    const others = forgetting.map(({ policy, meanLoss }) => `${policy.name} ${digits(meanLoss)}`).join(', ');
    return [
      {
        holds,
        text: `${set.name}: all of history ${digits(from)} to ${digits(to)} whatever the schedule, ${others}.`,
      },
    ];
  });
  return lesson(
    'What a model learns from matters more than when it learns.',
    told,
    'No schedule makes up for a window that is wrong.',
  );
}

function windowsForget(sets: readonly SetFigures[]): Lesson | null {
  const told = named(sets, ['beijing_pm25']).flatMap((set) => {
    const never = set.one('never');
    const every = set.one('every-update');
    const sliding = set.all(({ window }) => window.kind === 'sliding').map(({ meanLoss }) => meanLoss);
    const fading = set.all(({ window }) => window.kind === 'decay').map(({ meanLoss }) => meanLoss);
    if (never === null || every === null || sliding.length === 0 || fading.length === 0) return [];
    const text = `${set.name}: half a year's window, which has not seen the winter that comes, loses ${span(sliding)}; never to refresh ${digits(never.meanLoss)}, all of history ${digits(every.meanLoss)}, a half-life ${span(fading)}.`;
    return [{ holds: Math.min(...sliding) > never.meanLoss, text }];
  });
  return lesson(
    'And the other way round: a window that forgets the season is worse than never refreshing.',
    told,
  );
}

function nothingDrifts(sets: readonly SetFigures[]): Lesson | null {
  const told = named(sets, ['metro_traffic', 'beijing_pm25', 'nyc_taxi']).flatMap((set) => {
    const [never, every, { rarest }] = [set.one('never'), set.one('every-update'), set];
    if (never === null || every === null || rarest === null) return [];
    const saved = (1 - every.meanLoss / never.meanLoss) * 100;
    const text = `${set.name}: never costs ${times(never)}, ${rarest.policy.name} ${times(rarest)}, every update ${times(every)} for a loss ${saved.toFixed(1)} % smaller.`;
    return [{ holds: every.cost.loss > Math.min(never.cost.loss, rarest.cost.loss), text }];
  });
  return lesson('Where nothing drifts that the model could learn, a refresh is money lost.', told);
}

function waitingIsDear(sets: readonly SetFigures[]): Lesson | null {
  const told = named(sets, ['bank_marketing']).flatMap((set) => {
    const [never, { rarest, bestFixed }, onRead] = [set.one('never'), set, set.one('on-read')];
    if (never === null || rarest === null || bestFixed === null || onRead === null) return [];
    const text = `${set.name}: never costs ${times(never)}, ${rarest.policy.name} ${times(rarest)}, the best that is fixed (${bestFixed.policy.name}) ${times(bestFixed)}, before each answer ${times(onRead)}.`;
    return [{ holds: timesBest(never) > 2 && onRead.cost.loss < bestFixed.cost.loss, text }];
  });
  return lesson('Where the world turns, waiting is dear.', told);
}

function fixedIntervals(sets: readonly SetFigures[]): Lesson | null {
  const told = sets.flatMap((set) => {
    const { bestFixed } = set;
    return bestFixed === null
      ? []
      : [
          {
            near: timesBest(bestFixed) <= 1.1,
            text: `${set.name}: ${bestFixed.policy.name}, ${times(bestFixed)}.`,
          },
        ];
  });
  if (told.length === 0) return null;
  const near = told.filter((one) => one.near).length;
  return {
    claim: 'Fixed intervals are good, once somebody has found the right one.',
    holds: near >= told.length / 2,
    figures: `The best of them over all history is within 10 % of hindsight on ${near} of ${told.length} sets: ${told.map(({ text }) => text).join(' ')} Finding it is what the laboratory is for.`,
  };
}

function skiRental(sets: readonly SetFigures[], { auto }: AimsJudgement): Lesson | null {
  const byLoss = sets.flatMap((set) => set.plain('auto').map(timesBest));
  if (byLoss.length === 0 || auto.meanTimes === null) return null;
  const beyond = auto.sets.filter(({ times: most }) => most > 1.25);
  const worse = beyond.map(({ set, times: most }) => `${set} ${most.toFixed(2)}`).join(', ');
  const where = beyond.length === 0 ? 'on no set above 1.25 ×' : `above 1.25 × on ${worse}`;
  return {
    claim: 'Ski rental needs no tuning.',
    holds: auto.isEachMet && auto.isMeanMet,
    figures: `It is one statement, \`ALTER MODEL m SET (staleness_price = … PER SHARE)\`, with the price that \`everview lab suggest\` prints. Over all history \`auto\` was ${span(byLoss)} × of the best schedule by loss; by what staleness is taken to cost, the worst of a set's was ${auto.meanTimes.toFixed(2)} × in the mean, ${where}.`,
  };
}

const alarmKinds = ['psi', 'ks', 'adwin', 'kswin', 'page-hinkley', 'live-loss'] as const;

function driftAlarms(sets: readonly SetFigures[]): Lesson | null {
  const told = sets.flatMap((set) => {
    const { bestFixed } = set;
    const alarms = set.plain(...alarmKinds);
    const best = least(alarms, ({ cost }) => cost.loss);
    if (bestFixed === null || best === null) return [];
    const ofFeatures = set.plain('psi', 'ks').map(refreshesOf);
    const ofLoss = set.plain('adwin', 'kswin', 'page-hinkley', 'live-loss').map(refreshesOf);
    const text = `${set.name}: ${span(ofFeatures)} refreshes by features, ${span(ofLoss)} by the loss, in ${set.steps} updates; the best, ${best.policy.name}, ${times(best)}, the best fixed ${times(bestFixed)}.`;
    return [{ better: best.cost.loss < bestFixed.cost.loss, text }];
  });
  if (told.length === 0) return null;
  const better = told.filter((one) => one.better).length;
  return {
    claim: 'Drift alarms are seldom better than an interval that was chosen well.',
    holds: better <= told.length / 2,
    figures: `The best of six cost less than the best fixed schedule on ${better} of ${told.length} sets, each chosen afterwards. ${told.map(({ text }) => text).join(' ')} Those on features take seasons for drift; those on the loss fire once the error has grown plainly.`,
  };
}

function maxEffect(sets: readonly SetFigures[], { maxEffect: aim }: AimsJudgement): Lesson | null {
  const told = sets.flatMap((set) => {
    const effect = set.one('max-effect');
    return effect === null ? [] : [{ effect, refreshed: refreshesOf(effect), steps: set.steps }];
  });
  if (told.length === 0) return null;
  const refreshed = told.reduce((sum, one) => sum + one.refreshed, 0);
  const steps = told.reduce((sum, one) => sum + one.steps, 0);
  const shares = aim.sets.flatMap(({ effect }) => (effect === null ? [] : [effect.share]));
  const met = aim.sets.filter(({ isMet }) => isMet).length;
  const saving =
    shares.length === 0
      ? 'on no set does it lose as little'
      : `it took ${span(shares)} × the processor time of the best fixed schedule at no more loss`;
  return {
    claim: '`max_effect` is dear.',
    holds: !aim.isMet,
    figures: `A pending change has no proven effect until the model has taken it in, so that a bound of any size calls for a refresh at the first answer after each update: ${refreshed.toFixed(0)} refreshes in ${steps} updates; ${saving}. The aim, at most half of it on at least half the sets, was met on ${met} of ${aim.sets.length}. It proves something about each answer, which no interval does; it is not a way to save.`,
  };
}

function baselines(sets: readonly SetFigures[]): Lesson | null {
  const told = sets.flatMap((set) => {
    const baseline = least(set.baselines, ({ loss }) => loss);
    const model = least(set.plainLines, ({ meanLoss }) => meanLoss);
    return baseline === null || model === null || baseline.loss >= model.meanLoss
      ? []
      : [
          `${set.name}: ${baseline.name} ${digits(baseline.loss)}, the best over all history ${digits(model.meanLoss)}.`,
        ];
  });
  if (sets.length === 0) return null;
  return {
    claim: 'A plain baseline may beat a model.',
    holds: told.length > 0,
    figures: `${told.length === 0 ? 'On no set.' : told.join(' ')} Both stand in every table for that reason.`,
  };
}

function fullRefreshes(sets: readonly SetFigures[]): Lesson | null {
  const told = sets.flatMap((set) => {
    const chosen = set.one('every-update');
    const [full] = set.all(({ schedule, window, maintenance }) => {
      return schedule.kind === 'every-update' && window.kind === 'all' && maintenance === 'full';
    });
    if (chosen === undefined || chosen === null || full === undefined || chosen.refreshCpuSeconds === 0)
      return [];
    const more = full.refreshCpuSeconds / chosen.refreshCpuSeconds;
    return [
      {
        more,
        text: `${set.name}: ${more.toFixed(1)} × (${chosen.refreshes.incremental.toFixed(0)} of ${refreshesOf(chosen).toFixed(0)} incremental).`,
      },
    ];
  });
  if (told.length === 0) return null;
  return {
    claim: 'Refreshes in full cost more than those the engine chooses.',
    holds: told.every(({ more }) => more >= 1),
    figures: `Processor time of refreshing in full at every update, beside what the engine chooses: ${told.map(({ text }) => text).join(' ')} Certified families are refreshed by increments only while their certificate stays within its default.`,
  };
}

function lesson(
  claim: string,
  told: readonly { readonly holds: boolean; readonly text: string }[],
  end = '',
): Lesson | null {
  if (told.length === 0) return null;
  const figures = [...told.map(({ text }) => text), end].filter((text) => text !== '').join(' ');
  return { claim, holds: told.every(({ holds }) => holds), figures };
}

function named(sets: readonly SetFigures[], names: readonly string[]): readonly SetFigures[] {
  return sets.filter(({ name }) => names.includes(name));
}

const refreshesOf = ({ refreshes }: PolicySummary): number => refreshes.incremental + refreshes.full;

const rangeOf = (values: readonly number[]): readonly [number, number] => [
  Math.min(...values),
  Math.max(...values),
];

function span(values: readonly number[]): string {
  const [from, to] = rangeOf(values).map(digits);
  return from === to ? `${from}` : `${from} to ${to}`;
}

const times = (line: PolicySummary): string => `${timesBest(line).toFixed(2)} ×`;

const digits = (value: number): string => String(Number(value.toPrecision(3)));
