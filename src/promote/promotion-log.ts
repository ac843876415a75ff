import type { Decision } from '../core/incident.ts';
import { placedValues } from '../core/placed-values.ts';
import type { Reason } from '../core/reasons.ts';
import type { Session } from '../core/session.ts';
import type { ModelVersion } from '../core/version.ts';

/**
 * What was decided about which version of a model answers, beside what its gate decides: by a person, or because of an
 * incident. `candidate-held`: a version that passed its gate and does not answer.
 */
export type PromotionAction = 'promoted' | 'held' | 'rolled-back' | 'candidate-held' | 'dropped';

export type PromotionRecord = Decision & {
  readonly model: string;
  /** Null: the decision is about no one version. */
  readonly version: ModelVersion | null;
  readonly action: PromotionAction;
  readonly reason: Reason;
  /** Why a candidate is held; null: it is not because of one. */
  readonly incidentId: number | null;
  readonly decidedAtMs: number;
};

export function recordPromotion(tx: Session, record: PromotionRecord): void {
  const { places, parameters } = placedValues([
    record.model,
    record.version,
    record.action,
    record.reason,
    record.who,
    record.why,
    record.incidentId,
    new Date(record.decidedAtMs),
  ]);
  tx.later(
    `INSERT INTO everview.promotions
     SELECT coalesce(max(promotion_id), 0) + 1, ${places.join(', ')} FROM everview.promotions`,
    parameters,
  );
}

/** Models of which no candidate comes to answer by itself, since a person said so. */
export async function loadHeldModels(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.rows(
    `SELECT model, arg_max(action, promotion_id) AS action FROM everview.promotions
     WHERE action <> 'candidate-held' GROUP BY model ORDER BY model`,
  );
  return new Set(
    rows
      .filter(({ action }) => action === 'held' || action === 'rolled-back')
      .map(({ model }) => String(model)),
  );
}
