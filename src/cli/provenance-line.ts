import type { Provenance, StalenessReport } from '../index.ts';

/** `version 7 · model delay v3 · fresh`. */
export function provenanceLine(answer: Provenance): string {
  return [
    `version ${answer.version}`,
    ...Object.entries(answer.models).map(([name, version]) => `model ${name} v${version}`),
    pathText(answer.path),
    ...answer.staleness.filter(isBehind).map(behindText),
    ...(answer.held ?? []).map(({ updateId, detail }) => `HELD: without update ${updateId} (${detail})`),
    ...(answer.standIns ?? []).map(
      ({ model, by, incidentId }) => `PAUSED: ${by} answers for model ${model} (incident ${incidentId})`,
    ),
    ...(answer.marks ?? []).map(({ updateId, detail }) => `MARKED: rests on update ${updateId} (${detail})`),
  ].join(' · ');
}

function pathText(path: Provenance['path']): string {
  switch (path) {
    case 'fresh':
      return 'fresh';
    case 'refreshed-first':
      return 'refreshed first';
    case 'compensated':
      return 'with the pending change, read along';
    case 'recomputed':
      return 'by definition';
    case 'served-within-bound':
      return 'stale, within the bound';
    case 'served-stale':
      return 'STALE, beyond the bound';
    case 'historical':
      return 'historical';
  }
}

function isBehind(report: StalenessReport): boolean {
  return report.versions > 0 || report.rows > 0 || !report.policyMet;
}

/** `origin_day is 2 versions, 30 rows, 1 minute behind`. */
export function behindText(report: StalenessReport): string {
  const amounts = [
    amountText(report.versions, 'version'),
    amountText(report.rows, 'row'),
    ...(report.ms > 0 ? [spanText(report.ms)] : []),
  ];
  const effect =
    report.effect === null || report.effect === 0 ? '' : `, effect ${report.effect.toPrecision(3)}`;
  return `${report.name} is ${amounts.join(', ')} behind${effect}${report.policyMet ? '' : ' (policy not met)'}`;
}

function amountText(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A span of time at a glance, in its two largest units: `1 d 6 h`, `2 min 5 s`, `40 ms`. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const;
  const first = units.findIndex(([, length]) => ms >= length);
  let rest = ms;
  const words: string[] = [];
  for (const [unit, length] of units.slice(first, first + 2)) {
    const amount = Math.floor(rest / length);
    rest -= amount * length;
    if (amount > 0) words.push(`${amount} ${unit}`);
  }
  return words.join(' ');
}
