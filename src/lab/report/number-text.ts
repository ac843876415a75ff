const superscripts: Record<string, string> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

/** `0.2314`, `1,234`, `12.3 M`, `3.2 × 10⁻⁷`: so many significant digits. */
export function numberText(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not known' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return scientificText(value, digits);
  const format: Intl.NumberFormatOptions =
    size >= 1e6
      ? { notation: 'compact', maximumSignificantDigits: digits }
      : size >= 10 ** (digits - 1)
        ? { maximumFractionDigits: 0 }
        : { maximumSignificantDigits: digits };
  const text = new Intl.NumberFormat('en-US', format).format(value);
  return text.replace(/(\d)([KMBT])$/, '$1 $2').replace('-', '−');
}

/** The same with digits after the point filled up, so that numbers of one column can be compared at a glance. */
export function lossText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e3) return value.toPrecision(4).replace('-', '−');
  return numberText(value);
}

function scientificText(value: number, digits: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(digits - 1).split('e');
  const raised = [...exponent.replace('+', '')].map((digit) => superscripts[digit] ?? digit).join('');
  return `${Number(mantissa)} × 10${raised}`.replace('-', '−');
}

/** `1 refresh`, `1,234 refreshes`. */
export function countText(amount: number, one: string, many = `${one}s`): string {
  return `${numberText(amount)} ${amount === 1 ? one : many}`;
}

/** `12.5 %`; what is not quite nothing or all does not look so. */
export function shareText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  if (percent < 100 && percent > 99.99) return '> 99.99 %';
  return `${new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(percent)} %`;
}

/** `1.24`, `∞`. */
export function timesText(times: number): string {
  return times < 1e3 ? times.toFixed(2) : numberText(times, 3);
}

export type TimeUnit = { readonly name: string; readonly short: string; readonly ms: number };

const timeUnits: readonly TimeUnit[] = [
  { name: 'days', short: 'd', ms: 86_400_000 },
  { name: 'hours', short: 'h', ms: 3_600_000 },
  { name: 'minutes', short: 'min', ms: 60_000 },
  { name: 'seconds', short: 's', ms: 1_000 },
];

const milliseconds: TimeUnit = { name: 'milliseconds', short: 'ms', ms: 1 };

/** The largest unit of which there are at least so many. */
export function timeUnitOf(ms: number, least = 1): TimeUnit {
  return timeUnits.find((unit) => ms >= least * unit.ms) ?? milliseconds;
}

/** `3.5 d`, `12 h`, `45 min`, `0`: for tables, three significant digits. */
export function shortTimeText(ms: number): string {
  if (ms === 0) return '0';
  const unit = timeUnitOf(ms);
  return `${numberText(ms / unit.ms, 3)} ${unit.short}`;
}

/** `2013-07-02`, or with the time of day where there is one. */
export function momentText(ms: number): string {
  const [day = '', time = ''] = new Date(ms).toISOString().split('T');
  const clock = time.slice(0, 5);
  return clock === '00:00' ? day : `${day} ${clock}`;
}
