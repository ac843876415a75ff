/** Four significant digits. */
export function digits(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Of a share: `12.5 %`. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
