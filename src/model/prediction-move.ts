import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { readBlocks } from '../ingest/profile/batch-columns.ts';
import { type Contender, scorerContender } from './contender.ts';
import { nameOfOutput, outputSql } from './holdout-sql.ts';
import type { Scorer } from './scorer.ts';

/** How far predictions move from one model to another; NaN where no row is predicted by both. */
export type PredictionMove = { readonly move: number; readonly largestMove: number };

/** Rows that are looked at, at most: those that a hash of them puts first. */
const rowsCompared = 2_000;

/** The mean and the largest move of a prediction, or of a class's probability, over the rows of a FROM item. */
export async function predictionMove(
  session: Session,
  before: Scorer,
  after: Scorer,
  relation: string,
  schema: Schema,
): Promise<PredictionMove> {
  const contenders: readonly Contender[] = [scorerContender(before), scorerContender(after)];
  const classes = contenders.flatMap(({ output }) => (output.kind === 'class' ? output.classes : []));
  const sample = `(SELECT * FROM ${relation} AS r ORDER BY hash(r) LIMIT ${rowsCompared})`;
  const predicted = contenders.reduce(
    (from, contender, index) => `(${contender.select(from, schema, nameOfOutput(index))})`,
    sample,
  );
  const lists = contenders.map((contender, index) => {
    const outputs = outputSql(contender, index, classes.length === 0 ? null : [...new Set(classes)]);
    return outputs.length > 1 ? outputs.slice(1) : outputs;
  });
  const columns = lists.flat().map((sql, place) => ({ sql, name: `__ev_p${place}` }));
  const select = `SELECT ${columns.map(({ sql, name }) => `${sql} AS ${name}`).join(', ')} FROM ${predicted} ORDER BY ALL`;
  const read = columns.map(({ name }) => ({ name, type: 'DOUBLE' }));
  let sum = 0;
  let largest = Number.NaN;
  let rows = 0;
  for await (const block of readBlocks(session, `(${select})`, read)) {
    const half = lists[0]?.length ?? 0;
    for (let row = 0; row < block.rows; row++) {
      const far = furthest(
        block.columns.map(({ numbers, present }) => (present[row] === 1 ? numbers[row] : Number.NaN)),
        half,
      );
      if (!Number.isFinite(far)) continue;
      sum += far;
      rows += 1;
      if (!(largest >= far)) largest = far;
    }
  }
  return { move: sum / rows, largestMove: largest };
}

/** The greatest distance between the first `half` values and the others. */
function furthest(values: readonly (number | undefined)[], half: number): number {
  let most = 0;
  for (let place = 0; place < half; place++) {
    const distance = Math.abs((values[place] ?? Number.NaN) - (values[half + place] ?? Number.NaN));
    if (!(distance <= most)) most = distance;
  }
  return most;
}
