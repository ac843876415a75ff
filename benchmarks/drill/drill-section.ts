import { catalogueCauses } from '../../src/core/verdict.ts';
import { type DrillOutcome, drillLines, drillShares, lineOf } from '../../src/ingest/drill/run-drill.ts';
import type { JudgedAim, ToldSection } from '../benchmark.ts';
import { eventOf } from './known-events.ts';
import { type LimitTally, limitsOf, recallAt, sumOfLimits } from './limit.ts';
import type { ReplayResult } from './replay.ts';
import { dataFolder } from './replay-sets.ts';

type Limited = ReplayResult & { readonly limits: ReadonlyMap<string, LimitTally> };

/** What the judgement catches, beside what anybody could who knew in advance where to look. */
export function drillSection(replayed: readonly ReplayResult[], absent: readonly string[]): ToldSection {
  const results = replayed.map((one) => ({ ...one, limits: limitsOf(one.clean, one.broken) }));
  const text =
    'Each set is replayed in the updates it would have come in; what is said of one as it came counts as a false alarm, ' +
    'though real sets hold real errors. Then errors of the catalogue are put into copies of six of its last updates, at ' +
    '1, 5, 20 and 100 % of the rows. Thresholds and floors were chosen on the sets that are not held out. Budget: a notice ' +
    'for 1 % of the updates, a block for 0.1 %. The first updates of each set, from which is learned, are not judged.' +
    ' “At best” is what one statistic of the broken column catches that is chosen, for each error and set, in hindsight, with ' +
    'the threshold that is too much for at most 1 % of the set’s own updates.' +
    (absent.length === 0 ? '' : ` Not found in ${dataFolder()}: ${absent.join(', ')}.`);
  const outcomes = results.flatMap((result) => result.outcomes);
  return {
    title: 'Errors put into real tables',
    text,
    lines: [
      ...[...setLines(results), '', ...detectorLines(results), '', ...errorLines(results, outcomes), ''],
      ...noticedLines(results),
    ],
    judged: results.length === 0 ? [] : aimsOf(results, outcomes),
  };
}

function setLines(results: readonly Limited[]): string[] {
  return [
    '| set | updates judged | rows each | blocked | noticed | known to be true | caught at 1 % | 5 % | 20 % | 100 % | at best 1 % | 5 % | 20 % | 100 % | rightly named | findings each |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...results.map((result) => {
      const { recall, rightlyNamed, caught, findings } = lineOf('noise', '', result.outcomes);
      const { block, notice } = result.severities;
      const cells = [
        `${result.name}${result.heldOut ? ' (held out)' : ''}`,
        String(result.updates),
        String(result.rows),
        percent(block / result.updates),
        percent(notice / result.updates),
        `${result.noticed.filter(({ update }) => eventOf(result.name, update) !== null).length} of ${result.noticed.length}`,
        ...recall.map(share),
        ...clairvoyantOf([...result.limits.values()]),
        share(rightlyNamed / caught),
        share(findings),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

function detectorLines(results: readonly Limited[]): string[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const updates = sum(results.map((result) => result.updates));
  const alarms = sum(results.map(({ severities }) => severities.block + severities.notice));
  const own = lineOf(
    'noise',
    '',
    results.flatMap(({ outcomes }) => outcomes),
  );
  const names = results[0]?.baselines.map(({ name }) => name) ?? [];
  const rows = names.map((name, place) => {
    const tallies = results.flatMap(({ baselines }) => baselines[place] ?? []);
    const recall = drillShares.map((_, which) => {
      const found = sum(tallies.map((tally) => tally.found[which] ?? 0));
      return found / sum(tallies.map((tally) => tally.broken[which] ?? 0));
    });
    const wrong = sum(tallies.map((tally) => tally.falseAlarms)) / sum(tallies.map((tally) => tally.clean));
    return [name, percent(wrong), ...recall.map(share)];
  });
  return [
    '| detector | alarms on updates as they came | caught at 1 % | 5 % | 20 % | 100 % |',
    '|---|--:|--:|--:|--:|--:|',
    `| Everview, noticed or blocked | ${[percent(alarms / updates), ...own.recall.map(share)].join(' | ')} |`,
    ...hindsightLines(results),
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ];
}

function errorLines(results: readonly Limited[], outcomes: readonly DrillOutcome[]): string[] {
  return [
    '| # | error | done | 1 % | 5 % | 20 % | 100 % | at best 1 % | 5 % | 20 % | 100 % | rightly named | shown by |',
    '|--:|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|',
    ...drillLines(outcomes).map(({ cause, what, recall, rightlyNamed, caught, by }) => {
      const cells = [
        String(catalogueCauses[cause][0]),
        cause,
        what,
        ...recall.map(share),
        ...clairvoyantOf(results.flatMap(({ limits }) => limits.get(`${cause} ${what}`) ?? [])),
        share(rightlyNamed / caught),
        by.slice(0, 3).join(', '),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

function aimsOf(results: readonly Limited[], outcomes: readonly DrillOutcome[]): JudgedAim[] {
  const updates = results.reduce((sum, result) => sum + result.updates, 0);
  const blocked = results.reduce((sum, { severities }) => sum + severities.block, 0) / updates;
  const noticed = results.reduce((sum, { severities }) => sum + severities.notice, 0) / updates;
  const unexplained = results.flatMap(({ name, noticed: said }) =>
    said.filter(({ update }) => eventOf(name, update) === null),
  );
  const unexplainedBlocks = unexplained.filter(({ isBlocked }) => isBlocked).length / updates;
  const unexplainedNotices = unexplained.length / updates - unexplainedBlocks;
  const { recall, rightlyNamed, caught, findings } = lineOf('noise', '', outcomes);
  const wanted = [0.7, 0.8, 0.92, 0.99];
  return [
    {
      text: 'blocks at most 0.1 % of updates as they came',
      measured: percent(blocked),
      holds: blocked <= 0.001,
    },
    {
      text: 'notices at most 1 % of updates as they came',
      measured: percent(noticed),
      holds: noticed <= 0.01,
    },
    {
      text: 'blocks at most 0.1 % of updates without a reason that is known: errors, gaps, events',
      measured: percent(unexplainedBlocks),
      holds: unexplainedBlocks <= 0.001,
    },
    {
      text: 'notices at most 1 % of updates without a reason that is known',
      measured: percent(unexplainedNotices),
      holds: unexplainedNotices <= 0.01,
    },
    {
      text: `catches at least ${wanted.join(' / ')} of errors in 1 / 5 / 20 / 100 % of the rows`,
      measured: recall.map(share).join(' / '),
      holds: recall.every((value, place) => value >= (wanted[place] ?? 1)),
    },
    {
      text: 'names the right cause of at least 80 % of what it catches',
      measured: percent(rightlyNamed / caught),
      holds: rightlyNamed >= 0.8 * caught,
    },
    { text: 'at most 1.2 findings an error', measured: share(findings), holds: findings <= 1.2 },
  ];
}

function clairvoyantOf(tallies: readonly LimitTally[]): string[] {
  const { tried, clairvoyant } = sumOfLimits(tallies);
  return clairvoyant.map((found, place) => share(found / (tried[place] ?? 0)));
}

/** What could be had of the same statistics: by who knows where to look, and by the rule with another budget. */
function hindsightLines(results: readonly Limited[]): string[] {
  const limits = sumOfLimits(results.flatMap(({ limits }) => [...limits.values()]));
  const line = (name: string, alarms: string, recall: readonly number[]) =>
    `| ${[name, alarms, ...recall.map(share)].join(' | ')} |`;
  const shares = (found: readonly number[]) =>
    found.map((count, place) => count / (limits.tried[place] ?? 0));
  const [clean, broken] = [
    results.flatMap(({ name, clean: all }) => all.filter(({ update }) => eventOf(name, update) === null)),
    results.flatMap((result) => result.broken),
  ];
  return [
    ...[0.01, 0.02, 0.05].map((wanted) => {
      const { alarms, recall } = recallAt(wanted, clean, broken);
      return line(
        `the same with the budget that gives ${wanted * 100} % of those of which nothing is known`,
        percent(alarms),
        recall,
      );
    }),
    line('the same, all of the budget for the five statistics that tell most', '–', shares(limits.five)),
    line('the same, all of it for the one that tells most', '–', shares(limits.one)),
    line(
      'at best: one statistic and its threshold, chosen in hindsight',
      '≤ 1 %',
      shares(limits.clairvoyant),
    ),
  ];
}

/** Updates as they came of which something was said, and what is known of them. */
function noticedLines(results: readonly Limited[]): string[] {
  return [
    '| set | updates as they came, of which something was said | said | known |',
    '|---|---|---|---|',
    ...results.flatMap(({ name, noticed }) =>
      noticed.map(({ update, isBlocked, cause, columns, statistic }) => {
        const event = eventOf(name, update);
        const said = `${isBlocked ? 'blocked: ' : ''}${cause}${columns.length === 0 ? '' : ` in ${columns.slice(0, 3).join(', ')}`}, ${statistic}`;
        const known = event === null ? 'nothing' : `${event.kind}: ${event.what}`;
        return `| ${[name, update, said, known].join(' | ')} |`;
      }),
    ),
  ];
}

export function share(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(2);
}

export function percent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}
