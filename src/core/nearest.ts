import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to a mistyped one, or null when none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const lower = new Map(known.map((candidate) => [candidate.toLowerCase(), candidate]));
  const best = closest(name.toLowerCase(), [...lower.keys()]);
  const near = distance(name.toLowerCase(), best) <= Math.max(2, Math.floor(name.length / 2));
  return near ? (lower.get(best) ?? null) : null;
}

/** `did you mean "x"?` or, when nothing is near, the list of what there is. */
export function nearestHint(name: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(name, known);
  if (nearest !== null) return `did you mean "${nearest}"?`;
  if (known.length === 0) return undefined;
  const shown = known.slice(0, 12).join(', ');
  return `known: ${shown}${known.length > 12 ? ', …' : ''}`;
}
