import { EverviewError } from '../core/errors.ts';
import { inputQueryOf, isPredict, type PredictReference, predictArguments } from '../core/prediction-call.ts';
import { referencesOf, relationNode, replaceReferences } from '../core/relation-references.ts';
import { sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlNode, SqlParser } from '../core/sql-tree.ts';
import { type ModelRead, placeOf } from '../plan/lower-relations.ts';
import { definitionSql } from './definition-sql.ts';
import type { PredictionSite } from './refresher.ts';

/** Prints bound queries, each PREDICT as a mark that predictions are put in for whenever the query runs. */
export class PredictionPrinter {
  readonly #session: Session;
  readonly #parser: SqlParser;
  readonly #text: string;
  readonly #models: readonly ModelRead[];
  readonly sites: PredictionSite[] = [];

  constructor(session: Session, parser: SqlParser, text: string, models: readonly ModelRead[]) {
    this.#session = session;
    this.#parser = parser;
    this.#text = text;
    this.#models = models;
  }

  /** @throws EverviewError where a model cannot read the input it is given, with the place of the call */
  async print(query: SqlNode): Promise<string> {
    const marks = new Map<SqlNode, SqlNode>();
    for (const reference of referencesOf(query, (inside) => !isPredict(inside))) {
      if (isPredict(reference)) marks.set(reference.node, await this.#marked(reference));
    }
    const marked = replaceReferences(query, ({ node }) => marks.get(node) ?? null);
    return (await this.#parser.print(marked)).replace(/;\s*$/, '');
  }

  async #marked(reference: PredictReference): Promise<SqlNode> {
    const call = predictArguments(reference);
    const model = typeof call === 'string' ? undefined : this.#model(call.model);
    if (typeof call === 'string' || model === undefined)
      throw new EverviewError('internal', 'a PREDICT that was not bound');
    const input = await this.print(inputQueryOf(call, reference.scope));
    const probed = definitionSql({ sql: input, predictions: this.sites }, null);
    const schema = await this.#session.describe(probed);
    this.#told(reference, () => model.assertReads(schema));
    const mark = `__ev_predict_${this.sites.length}_`;
    this.sites.push({ mark, model: model.name, input, schema, outputs: model.outputs });
    return relationNode(reference.node, '', mark, reference.alias === '' ? model.name : reference.alias);
  }

  #model(name: string): ModelRead | undefined {
    return this.#models.find((model) => sameName(model.name, name));
  }

  #told({ node }: PredictReference, check: () => void): void {
    try {
      check();
    } catch (failure) {
      if (!(failure instanceof EverviewError) || failure.at !== undefined) throw failure;
      const { code, message, hint, data } = failure;
      throw new EverviewError(code, message, { at: placeOf(node, this.#text), hint, data, cause: failure });
    }
  }
}
