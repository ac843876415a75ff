import { quoteIdentifier } from '../core/identifier.ts';
import type { Predictor } from '../core/prediction.ts';
import type { DomainPlan } from '../plan/view-plan.ts';
import { touchedColumn } from '../store/render-relation.ts';

/**
 * A SELECT of the keys of the kept rows whose predictions are further than the tolerance from what the model gives
 * now: one scan of what is kept. It compares with what is kept and not with what the version before gave, so that
 * small moves of many versions do not add up unseen.
 *
 * @param rows the table of the stored rows
 */
export function movedKeys(
  { tolerance, inputs, outputs }: NonNullable<DomainPlan['kept']>,
  predictor: Predictor,
  rows: string,
): string {
  const old = (place: number) => `__ev_old${place}`;
  const list = [
    ...inputs.map(({ name, stored }) => `${quoteIdentifier(stored)} AS ${quoteIdentifier(name)}`),
    ...outputs.map(({ stored }, place) => `${quoteIdentifier(stored)} AS ${old(place)}`),
  ];
  const schema = [...inputs, ...outputs.map(({ type }, place) => ({ name: old(place), type }))];
  const predicted = predictor.sql(`(SELECT ${list.join(', ')} FROM ${rows})`, schema);
  const moved = outputs.map(({ name, type }, place) => {
    const [before, after] = [old(place), quoteIdentifier(name)];
    if (!/^(DOUBLE|FLOAT)$/.test(type)) return `${before} IS DISTINCT FROM ${after}`;
    const isThere = `(${before} IS NULL) <> (${after} IS NULL)`;
    return `${isThere} OR coalesce(abs(${after} - ${before}) > ${tolerance}, false)`;
  });
  const keys = inputs.map(({ name }, place) => `${quoteIdentifier(name)} AS ${touchedColumn(place)}`);
  return `SELECT DISTINCT ${keys.join(', ')} FROM (${predicted}) WHERE ${moved.join(' OR ')}`;
}
