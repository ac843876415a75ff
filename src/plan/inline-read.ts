/**
 * How a view is read whose contents do not fit the answer and are not to be moved: its contents and the pending
 * change together, or its definition.
 */
export type InlineRead = 'compensate' | 'recompute';

export type InlineCosts = {
  /** Null: there is no rule for the view's shape, or what it reads is not up to date itself. */
  readonly compensateMs: number | null;
  readonly recomputeMs: number;
};

/**
 * What each way is predicted to cost. A compensated read is an incremental refresh that writes nothing, one by
 * definition a full one, so the predictions for the refreshes stand for them.
 *
 * @param predictedMs of refreshing the view
 * @param canCompensate whether the contents can be used, and what the view reads is up to date
 * @param sourcesMs what reading those of its sources adds that are not up to date either
 */
export function inlineCosts(
  predictedMs: {
    readonly algebraic: number | null;
    readonly domain: number | null;
    readonly full: number;
  },
  canCompensate: boolean,
  sourcesMs: number,
): InlineCosts {
  return {
    compensateMs: canCompensate ? (predictedMs.algebraic ?? predictedMs.domain) : null,
    recomputeMs: predictedMs.full + sourcesMs,
  };
}

/** The cheaper way; `forced` (EVERVIEW_REFRESH) stands over the costs. */
export function chooseInline(costs: InlineCosts, forced: string | null): InlineRead {
  if (costs.compensateMs === null || forced === 'full') return 'recompute';
  return forced !== null || costs.compensateMs <= costs.recomputeMs ? 'compensate' : 'recompute';
}
