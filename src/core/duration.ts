const unitMs = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
} as const;

export type DurationUnit = keyof typeof unitMs;

export const durationUnits = Object.keys(unitMs) as readonly DurationUnit[];

/**
 * Milliseconds of a duration text such as `10 minutes` or `1 day 12 hours`; null when it is none. Months and years
 * have no fixed length and are no durations.
 */
export function tryParseDurationMs(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/giy)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return null;
  let total = 0;
  for (const [, amount, word] of parts) {
    const unit = durationUnits.find((known) => word?.toLowerCase().replace(/s$/, '') === known);
    if (unit === undefined) return null;
    total += Number(amount) * unitMs[unit];
  }
  return total;
}

/** `90000` → `1 minute 30 seconds`. */
export function formatDurationMs(ms: number): string {
  if (ms === 0) return '0 seconds';
  let rest = ms;
  const words: string[] = [];
  for (const unit of ['day', 'hour', 'minute', 'second', 'millisecond'] as const) {
    const amount = unit === 'millisecond' ? Math.round(rest) : Math.floor(rest / unitMs[unit]);
    rest -= amount * unitMs[unit];
    if (amount > 0) words.push(`${amount} ${unit}${amount === 1 ? '' : 's'}`);
  }
  return words.slice(0, 2).join(' ');
}
