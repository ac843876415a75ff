/** The shortest list found that still fails, by leaving out runs of neighbours, half of it at first. */
export async function shrinkList<T>(
  list: readonly T[],
  fails: (list: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let best = list;
  for (let chunk = Math.ceil(best.length / 2); chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
    for (let start = best.length - chunk; start > -chunk; start -= chunk) {
      const from = Math.max(0, start);
      const shorter = [...best.slice(0, from), ...best.slice(from + chunk)];
      if (shorter.length < best.length && (await fails(shorter))) best = shorter;
    }
  }
  return best;
}
