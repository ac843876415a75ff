import { durationUnits, tryParseDurationMs } from '../core/duration.ts';

export type DurationReading = { readonly ms: number } | { readonly problem: string };

const example = "INTERVAL '10 minutes'";

/**
 * A length of time as SQL writes it: `INTERVAL '10 minutes'`, `INTERVAL 10 MINUTES`, `INTERVAL '10' MINUTES`,
 * `'10 minutes'`, or a plain `0`. In milliseconds.
 */
export function readSqlDuration(sql: string): DurationReading {
  const text = sql.trim();
  if (/^0(\.0*)?$/.test(text)) return { ms: 0 };
  const interval = /^INTERVAL\b\s*([\s\S]+)$/i.exec(text)?.[1];
  const quoted = /^'([^']*)'\s*([a-z]*)$/i.exec((interval ?? text).trim());
  if (quoted !== null && (interval !== undefined || quoted[2] === '')) {
    return readDuration(`${quoted[1]} ${quoted[2]}`);
  }
  if (interval !== undefined) return readDuration(interval);
  return { problem: `a duration has a unit, as ${example}` };
}

/** A length of time such as `10 minutes` or `1 day 12 hours`, in milliseconds. */
export function readDuration(text: string): DurationReading {
  if (/^\s*0\s*$/.test(text)) return { ms: 0 };
  if (/\d\s*(months?|years?|quarters?|decades?|centur(y|ies)|mon|y)\b/i.test(text)) {
    return { problem: `months and years have no fixed length: say it in days, as INTERVAL '30 days'` };
  }
  if (/^\s*-/.test(text)) return { problem: 'a duration cannot be negative' };
  const parsed = tryParseDurationMs(text);
  if (parsed === null) {
    return { problem: `a duration is a number and a unit (${durationUnits.join(', ')}), as ${example}` };
  }
  const ms = Math.round(parsed);
  if (Math.abs(parsed - ms) > 1e-6 || !Number.isSafeInteger(ms)) {
    return { problem: 'a duration is a whole number of milliseconds' };
  }
  return { ms };
}

/** Canonical SQL; reading it gives `ms` again, exactly. */
export function formatSqlDuration(ms: number): string {
  let rest = ms;
  const words: string[] = [];
  for (const [unit, size] of [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
    ['millisecond', 1],
  ] as const) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) words.push(`${amount} ${unit}${amount === 1 ? '' : 's'}`);
  }
  return `INTERVAL '${words.length === 0 ? '0 seconds' : words.join(' ')}'`;
}
