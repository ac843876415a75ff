/** Lines written at once: a long answer as one text could exceed what a JavaScript string holds (512 MiB). */
const pieceSize = 5_000;

/** The items in groups of a few thousand; none is empty. */
export function* inPieces<T>(items: Iterable<T>): Iterable<readonly T[]> {
  let piece: T[] = [];
  for (const item of items) {
    piece.push(item);
    if (piece.length < pieceSize) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
