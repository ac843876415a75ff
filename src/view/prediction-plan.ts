import { createDomain } from '../algebra/domain.ts';
import { columnsOf, type Relation } from '../algebra/node.ts';
import type { PredictNode } from '../algebra/predict.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { namePattern } from '../core/sql-text.ts';
import type { DomainPlan } from '../plan/view-plan.ts';
import { domainPlan } from './plan-domains.ts';

const keyColumn = (place: number): string => `__ev_i${place}`;

/**
 * The plan of a view that keeps predictions as long as they are within a tolerance of the model's: by what is
 * predicted from, which is the key. Old rows are then never computed again (which of the model's versions made a
 * row, nobody knows); and which rows are off is found by predicting what is kept.
 *
 * @param node the rows plan's
 * @returns why there is none
 */
export async function predictionPlan(
  session: Session,
  node: Relation,
  schema: Schema,
  tolerance: number,
): Promise<DomainPlan | string> {
  if (node.kind !== 'project' || node.input.kind !== 'join')
    return 'it is more than the columns of a PREDICT';
  const [only, ...others] = node.input.inputs;
  if (only?.node.kind !== 'predict' || others.length > 0 || node.input.conditions.length > 0)
    return 'it is more than the columns of one PREDICT';
  const { alias, node: predict } = only;
  const shown = (column: string) => {
    const written = new RegExp(`^${namePattern(alias)}\\.${namePattern(column)}$`);
    return node.columns.flatMap(({ name, expression }) => (written.test(expression) ? [name] : []));
  };
  const outputs = predict.outputs.map((output) => ({ ...output, stored: shown(output.name)[0] ?? null }));
  const missing = outputs.find(({ stored }) => stored === null);
  if (missing !== undefined) return `it does not show "${missing.name}"`;
  const inputs = columnsOf(predict.input);
  const list = [
    ...node.columns.map(({ name, expression }) => `${expression} AS ${quoteIdentifier(name)}`),
    ...inputs.map(
      (name, place) => `${quoteIdentifier(alias)}.${quoteIdentifier(name)} AS ${keyColumn(place)}`,
    ),
  ];
  const keys = inputs.map((_, place) => keyColumn(place));
  const domain = createDomain<Relation, string>({
    inputs: [{ alias, node: predict, keys: inputs }],
    body: `(SELECT ${list.join(', ')} FROM ${quoteIdentifier(alias)})`,
    columns: [...node.columns.map(({ name }) => name), ...keys],
    keys,
    repeatable: { obstacle: null, exactOnly: [] },
  });
  const plan = await domainPlan(session, domain, schema, (key) => shown(inputs[keys.indexOf(key)] ?? ''));
  return { ...plan, kept: keptPredictions(predict, plan, outputs, tolerance) };
}

function keptPredictions(
  predict: PredictNode<Relation>,
  plan: DomainPlan,
  outputs: readonly { readonly name: string; readonly type: string; readonly stored: string | null }[],
  tolerance: number,
): NonNullable<DomainPlan['kept']> {
  const inputs = columnsOf(predict.input).map((name, place) => ({
    name,
    type: predict.types?.[place] ?? 'VARCHAR',
    stored: plan.keys[place] ?? name,
  }));
  const kept = outputs.map(({ name, type, stored }) => ({ name, type, stored: stored ?? name }));
  return { model: predict.model, tolerance, inputs, outputs: kept };
}
