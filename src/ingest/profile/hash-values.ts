/** Mixes an integer of 32 bits so that each bit of it moves about half of the result's (MurmurHash3's finalizer). */
export function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** Hashes numbers by their bits, through a buffer of its own. */
export function createNumberHash(): (value: number) => number {
  const bits = new DataView(new ArrayBuffer(8));
  return (value) => {
    bits.setFloat64(0, value);
    return mixed(Math.imul(bits.getInt32(0), 31) ^ bits.getInt32(4));
  };
}

/** FNV-1a over UTF-16 units, mixed. */
export function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mixed(hash);
}
