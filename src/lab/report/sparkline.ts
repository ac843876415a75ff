const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export type SparkScale = { readonly least: number; readonly most: number };

/** What all these values fit on, so that sparklines of one scale can be compared. */
export function sparkScale(lines: readonly (readonly (number | null)[])[]): SparkScale {
  const known = lines.flat().filter((value) => value !== null);
  return known.reduce<SparkScale>(
    ({ least, most }, value) => ({ least: Math.min(least, value), most: Math.max(most, value) }),
    { least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY },
  );
}

/** A character a value, `▁` for the least and `█` for the most of the scale; a space where nothing is known. */
export function sparkline(values: readonly (number | null)[], { least, most }: SparkScale): string {
  const range = most - least;
  return values
    .map((value) => {
      if (value === null || !Number.isFinite(value)) return ' ';
      const level = range > 0 ? Math.floor(((value - least) / range) * levels.length) : 0;
      return levels[Math.min(levels.length - 1, Math.max(0, level))] ?? ' ';
    })
    .join('');
}
