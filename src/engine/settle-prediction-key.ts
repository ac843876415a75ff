import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { forgetWaiting } from '../promote/prediction-log.ts';
import { type CatalogEntry, type ModelEntry, nameOf } from '../query/catalog.ts';
import { trainingSetOf } from './answering-model.ts';
import { withEntry } from './engine-state.ts';
import type { WriteDraft } from './write-draft.ts';

/**
 * What a model's declaration says about logging its predictions. A key must name one row of the training set; and
 * predictions that wait for another key's labels, or other labels, wait no more.
 *
 * @throws EverviewError `invalid-option`
 */
export async function settlePredictionKey(
  draft: WriteDraft,
  entry: ModelEntry,
  existing: CatalogEntry | undefined,
): Promise<void> {
  const before = existing?.kind === 'model' ? wayOf(existing) : null;
  if (before === wayOf(entry)) return;
  const known = draft.state.liveLogs.get(nameOf(entry));
  if (known !== undefined) {
    await forgetWaiting(draft.tx, nameOf(entry));
    const log = { ...known, waiting: 0, hasNew: false, nextMs: null };
    draft.update({ liveLogs: withEntry(draft.state.liveLogs, nameOf(entry), log) });
  }
  const { logPredictions } = entry.declared.definition;
  const set = trainingSetOf(entry, draft.state.catalog);
  if (logPredictions.length === 0 || !draft.state.cursors.has(nameOf(set))) return;
  const keys = logPredictions.map(quoteIdentifier).join(', ');
  const [twice] = await draft.tx.rows(
    `SELECT [${logPredictions.map((name) => `CAST(${quoteIdentifier(name)} AS VARCHAR)`).join(', ')}] AS key, count(*) AS rows
     FROM view.${quoteIdentifier(nameOf(set))} WHERE ${logPredictions.map((name) => `${quoteIdentifier(name)} IS NOT NULL`).join(' AND ')}
     GROUP BY ${keys} HAVING count(*) > 1 ORDER BY key LIMIT 1`,
  );
  if (twice === undefined) return;
  const key = Array.isArray(twice['key']) ? twice['key'].map(String).join(', ') : '';
  throw new EverviewError(
    'invalid-option',
    `log_predictions of model "${nameOf(entry)}": (${logPredictions.join(', ')}) is no key of "${nameOf(set)}", of which ${String(twice['rows'])} rows have (${key})`,
    {
      hint: 'name columns of which no two rows have the same values; without one a prediction cannot find its label',
    },
  );
}

/** By what, and for what, labels are looked. */
function wayOf({ declared, plan }: ModelEntry): string {
  const { logPredictions, trainingSet } = declared.definition;
  return JSON.stringify([
    logPredictions,
    logPredictions.length === 0 ? null : [trainingSet, plan.label, plan.task],
  ]);
}
