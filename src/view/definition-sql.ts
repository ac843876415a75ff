import { atMoment, type Moments } from '../core/moment.ts';
import { predictedRows, unpredicted } from '../store/render-predict.ts';
import type { ViewHandle } from './refresher.ts';

/**
 * A view's query as it is at the end of a refresh.
 *
 * @param moments null: to ask DuckDB about types
 */
export function definitionSql(
  { sql, predictions }: Pick<ViewHandle, 'sql' | 'predictions'>,
  moments: Moments | null,
): string {
  let text = sql;
  // The input of a PREDICT holds the marks of those within it, so the outermost is put in first.
  for (const { mark, model, input, schema, outputs } of predictions.toReversed()) {
    const predictor = moments?.models?.get(model)?.to ?? null;
    const rows =
      moments === null
        ? unpredicted(`(${input})`, outputs)
        : predictedRows(predictor, `(${input})`, schema, outputs);
    text = text.replaceAll(mark, () => `(${rows})`);
  }
  return atMoment(text, moments?.toMs ?? 0);
}
