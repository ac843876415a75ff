import { createRowPredictor, Everview, type ModelParameters } from '../src/index.ts';
import { featureNames } from './wide-table.ts';

/** By name of the model: its method, and options beside it. */
export type Models = Readonly<Record<string, string>>;

/** A model per family that fits all its features as numbers. */
export const families: Models = {
  ridge: "method = 'ridge', l2 = 1.0",
  linear: "method = 'linear'",
  elastic_net: "method = 'elastic_net', l1 = 1.0, l2 = 1.0",
  pca: "method = 'pca', components = 5",
  gaussian_nb: "method = 'gaussian_nb'",
  lda: "method = 'lda'",
  qda: "method = 'qda', regularization = 0.01",
  logistic: "method = 'logistic', l2 = 1.0",
  poisson: "method = 'poisson', l2 = 1.0",
  huber: "method = 'huber', l2 = 1.0",
};

/**
 * Rows of doubles of very different centre and scale, numbered, with a label of 0 or 1 that follows two of them: a
 * number to some families, a class to others.
 */
export function labelledRows(first: number, rows: number, features: number): string {
  const values = featureNames(features).map((name, index) => {
    return `(random() - 0.5) * ${index + 1} + ${index * 100} AS ${name}`;
  });
  const label = '(x0 - (x1 - 100) / 2 + random() - 0.5 > 0)::INTEGER';
  return (
    `SELECT *, ${label} AS y FROM ` +
    `(SELECT range AS id, ${values.join(', ')} FROM range(${first}, ${first + rows}))`
  );
}

/** An engine with the table `wide`, a training set over all of it, and models that were never refreshed. */
export class ModelTable {
  readonly engine: Everview;
  readonly features: number;
  #first = 0;
  #next: number;

  private constructor(engine: Everview, rows: number, features: number) {
    this.engine = engine;
    this.features = features;
    this.#next = rows;
  }

  static async open(path: string, rows: number, features: number, models: Models): Promise<ModelTable> {
    const engine = await Everview.open(path, { scheduler: 'manual' });
    const columns = featureNames(features).map((name) => `${name} DOUBLE`);
    await engine.sql(`
      CREATE TABLE wide (id BIGINT, ${columns.join(', ')}, y INTEGER);
      INSERT INTO wide ${labelledRows(0, rows, features)};
      CREATE TRAINING SET examples WITH (label = y) AS SELECT * EXCLUDE (id) FROM wide;
    `);
    for (const [name, options] of Object.entries(models)) {
      await engine.execute(
        `CREATE MODEL ${name} WITH (${options}, max_staleness = INTERVAL '1 day') AS SELECT * FROM examples`,
      );
    }
    return new ModelTable(engine, rows, features);
  }

  /** One update: half of `count` rows come, and as many of the oldest go. */
  async change(count: number): Promise<void> {
    const half = Math.ceil(count / 2);
    const [gone, come] = [this.#first + half, labelledRows(this.#next, half, this.features)];
    this.#first += half;
    this.#next += half;
    await this.engine.transaction(async (update) => {
      await update.execute(`DELETE FROM wide WHERE id < ${gone}`);
      await update.execute(`INSERT INTO wide ${come}`);
    });
  }

  async predictor(model: string): Promise<ReturnType<typeof createRowPredictor>> {
    return createRowPredictor(await this.#parameters(model));
  }

  async #parameters(model: string): Promise<ModelParameters> {
    const { rows } = await this.engine.query<{ parameters: string }>(
      `SELECT parameters FROM everview.model_versions WHERE model = '${model}' AND status = 'promoted'`,
    );
    // Written by the engine in this form.
    return JSON.parse(rows[0]?.parameters ?? 'null') as ModelParameters;
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
