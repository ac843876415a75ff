import { nearestName } from '../../core/nearest.ts';
import { isImplicitNull } from '../profile/text-traits.ts';
import { type ColumnCase, has, type NamedCause, named, percent, rise } from './column-case.ts';
import { commonCause } from './common-cause.ts';
import { numberCause } from './name-number-cause.ts';
import type { TestResult } from './test-result.ts';

/** Names the likely cause of what one column shows. Order matters: what explains most comes first. */
export function nameCause(of: ColumnCase): NamedCause {
  const repeated = rise(of, 'repeated');
  if (repeated !== null) {
    const text = `${percent(repeated.observed)} of the values of "${of.column.name}" are those of the update before, where ${percent(repeated.expected)} is usual`;
    return named('stale-column', text);
  }
  const found =
    of.column.kind === 'text' ? textCause(of) : of.column.kind === 'number' ? numberCause(of) : timeCause(of);
  return found ?? commonCause(of) ?? jointCause(of);
}

function jointCause({ column, tests }: ColumnCase): NamedCause {
  const agreement = tests.find(({ statistic }) => statistic.startsWith('agreement'));
  if (agreement !== undefined) {
    const others = agreement.others.map((other) => `"${other}"`).join(' and ');
    const text = `"${column.name}" disagrees with ${others} in ${percent(agreement.observed)} of the rows`;
    return named('derived-disagreement', text, { facts: { other: agreement.others[0] ?? null } });
  }
  const correlation = tests.find(({ statistic }) => statistic === 'correlation');
  if (correlation !== undefined) {
    const text = `"${column.name}" no longer goes with "${correlation.others[0] ?? ''}" as it did`;
    return named('stale-column', text, { facts: { other: correlation.others[0] ?? null } });
  }
  const text = `"${column.name}" has moved: ${tests[0]?.statistic ?? 'its values'}`;
  return named('covariate-drift', text);
}

function textCause(of: ColumnCase): NamedCause | null {
  const { column, known } = of;
  const { name } = column;
  const damaged = rise(of, 'damaged') ?? rise(of, 'non-ascii');
  if (damaged !== null) {
    return named(
      'encoding-damage',
      `${percent(damaged.observed)} of "${name}" were decoded by the wrong character set`,
    );
  }
  const [newest] = column.novel.newest;
  const isNone = newest !== undefined && isImplicitNull(newest[0]);
  const implicit =
    rise(of, 'implicit-null') ??
    rise(of, 'empty') ??
    (isNone ? (rise(of, 'new-patterns') ?? rise(of, 'new-values')) : null);
  if (implicit !== null) {
    const word = [...column.novel.newest, ...column.top].find(([value]) => isImplicitNull(value))?.[0] ?? '';
    const literal = `'${word.replaceAll("'", "''")}'`;
    const text = `'${word}' stands in ${percent(implicit.observed)} of "${name}"`;
    return named('implicit-null', text, {
      facts: { value: word },
      rows: `{c} = ${literal}`,
      repair: '{c} = NULL',
    });
  }
  const zeros = rise(of, 'leading-zero');
  if (zeros !== null)
    return named(
      'key-loss',
      `${percent(zeros.observed)} of "${name}" start with a 0, where ${percent(zeros.expected)} is usual`,
    );
  const padded = rise(of, 'padded');
  if (padded !== null) {
    return named('new-category', `${percent(padded.observed)} of "${name}" have blanks around them`, {
      rows: '{c} <> trim({c})',
      repair: '{c} = trim({c})',
    });
  }
  const unknown = rise(of, 'new-values') ?? rise(of, 'misspelt');
  const patterns = rise(of, 'new-patterns');
  if (unknown !== null && newest !== undefined && known?.values !== null && known !== null) {
    const near = nearestName(newest[0], [...known.values]);
    const meant = newest[0].length < shortestMeant ? null : near;
    const hint = meant === null ? '' : `; "${meant}" was meant`;
    const isWrapped = patterns !== null && near === null;
    const cause =
      isWrapped || (patterns !== null && /^\W|\W$/.test(newest[0])) ? 'pattern-break' : 'new-category';
    const literal = newest[0].replaceAll("'", "''");
    return named(
      cause,
      `${percent(unknown.observed)} of "${name}" were never seen, such as "${newest[0]}"${hint}`,
      {
        facts: { value: newest[0], meant },
        rows: `{c} = '${literal}'`,
        repair: meant === null ? null : `{c} = '${meant.replaceAll("'", "''")}'`,
      },
    );
  }
  if (patterns !== null)
    return named('pattern-break', `${percent(patterns.observed)} of "${name}" have a form never seen`);
  return floodOf(of);
}

/** Of codes of one or two signs each is near to each: which was meant nobody knows. */
const shortestMeant = 3;

/** Share of the rows with one value from which on the others were lost to it. */
const nearlyAll = 0.9;

/** One value in nearly all rows, where the values, or their lengths, were of many kinds. */
function floodOf(of: ColumnCase): NamedCause | null {
  const [first] = of.column.top;
  const change = of.tests.find(
    ({ statistic, effect }) => statistic === 'length' || (statistic === 'entropy' && effect < 0),
  );
  const share = (first?.[1] ?? 0) / Math.max(1, of.column.present);
  if (first === undefined || change === undefined || share < nearlyAll) return null;
  const text = `"${of.column.name}" is ${first[0]} in ${percent(share)} of the rows`;
  return named('category-flood', text, { facts: { value: first[0] } });
}

const hourInDays = 1 / 24;

function timeCause(of: ColumnCase): NamedCause | null {
  const { column } = of;
  const { name } = column;
  const epoch = rise(of, 'epoch');
  if (epoch !== null) {
    const text = `${percent(epoch.observed)} of "${name}" stand at 1970 or before 1907`;
    return named('sentinel', text, { facts: { value: '1970-01-01' } });
  }
  const days = (test: TestResult | null) =>
    test === null ? 0 : (test.observed - test.expected) / 86_400_000;
  const first = days(has(of, 'first-step'));
  const middle = days(has(of, 'median-step'));
  const last = days(has(of, 'last-step'));
  const largest = [first, middle, last].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  const shift = Math.abs(largest);
  const isWhole = Math.abs(first - last) < 0.1 * shift;
  if (shift >= 300) return named('clock-skew', `"${name}" is off by ${Math.round(shift)} days`);
  if (has(of, 'late-day') !== null || (shift >= 20 && !isWhole)) {
    return named('date-format', `days and months of "${name}" look exchanged`);
  }
  if (last < -0.01 && first > -0.01) {
    return named('missing-rows', `the rows of "${name}" end ${(-last).toFixed(2)} days before they should`);
  }
  const hour = has(of, 'hour-east', 'hour-north', 'value', 'whole-hour', 'midnight');
  // Hours that are as they were, a day late: an update did not come, or the clock is a day off.
  const isDays = shift > 0.99 && isWhole && Math.abs(shift - Math.round(shift)) < hourInDays / 2;
  if (hour !== null || (shift > 0 && shift < 1.01 && !isDays)) {
    const hours = shift === 0 ? null : Math.round(largest * 24);
    const by = hours === null || hours === 0 ? '' : `, by ${hours} h`;
    return named('time-shift', `the hours of "${name}" are shifted${by}`, { facts: { hours } });
  }
  if (shift >= 1 || isDays)
    return named('missing-rows', `"${name}" goes on ${shift.toFixed(1)} days off where it should`);
  const disorder = rise(of, 'ties') ?? rise(of, 'inversions');
  if (disorder !== null) {
    const text = `${percent(disorder.observed)} of "${name}" ${disorder.statistic === 'ties' ? 'come twice' : 'go back in time'}, where ${percent(disorder.expected)} is usual`;
    return named('time-shift', text);
  }
  const gaps = rise(of, 'gaps');
  if (gaps !== null) {
    return named(
      'missing-rows',
      `"${name}" leaves out moments: ${percent(gaps.observed)} of its steps are not the usual one`,
    );
  }
  if (has(of, 'span') !== null) {
    return named('missing-rows', `"${name}" covers another length of time than usual`);
  }
  return null;
}
