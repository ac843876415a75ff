/** Whole numbers of 32 bits, spread (the finalizer of splitmix32). */
export function mixedHash(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  const twice = Math.imul(once ^ (once >>> 15), 0x735a2d97);
  return (twice ^ (twice >>> 15)) >>> 0;
}

/** FNV-1a, then spread. */
export function hashOfText(text: string | null): number {
  let hash = 0x811c9dc5;
  for (const character of text ?? '\0null')
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return mixedHash(hash);
}

/** One hash for all NaN, and one for both zeros. */
export function hashOfNumber(value: number): number {
  const [low = 0, high = 0] = new Uint32Array(
    Float64Array.of(Number.isNaN(value) ? Number.NaN : value + 0).buffer,
  );
  return mixedHash(mixedHash(low) ^ high);
}
