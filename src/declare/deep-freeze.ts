/** Freezes a tree of plain objects and arrays, and gives it back. */
export function deepFreeze<T>(tree: T): T {
  if (typeof tree === 'object' && tree !== null && !Object.isFrozen(tree)) {
    Object.freeze(tree);
    for (const part of Object.values(tree)) deepFreeze(part);
  }
  return tree;
}
