/**
 * What answers are taken to cost for being stale: a model that has not learned as many labels as it was fitted on loses
 * as much as the trivial baseline does, and less in proportion. Known when the answer is given, so that a policy may
 * decide by it.
 * @param lossPrice price of one unit of loss
 * @param lossScale loss of the trivial baseline, a row
 */
export function stalenessCost(
  answers: number,
  pendingLabels: number,
  trainingRows: number,
  lossPrice: number,
  lossScale: number,
): number {
  return (answers * lossPrice * lossScale * pendingLabels) / Math.max(1, trainingRows);
}
