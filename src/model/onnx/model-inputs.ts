import { EverviewError } from '../../core/errors.ts';
import { type Column, findColumn, numericKindOf, type Schema } from '../../core/schema.ts';
import { accepts, type FeatureSource, sourceColumns } from '../feature-source.ts';
import type { Scorer } from '../scorer.ts';
import { type InputKind, inputForms, missingMoment } from './exported-values.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** A moment of each row: int64, 0 where `missing` (bool). */
export type Moment = { readonly value: Value; readonly missing: Value };

/** The columns that a model reads, as inputs of a graph by the names the training set gives them. */
export class ModelInputs {
  readonly #graph: GraphBuilder;
  readonly #kinds: ReadonlyMap<string, InputKind>;
  readonly #numbers = new Map<string, Value>();
  readonly #moments = new Map<string, Moment>();

  /** @throws EverviewError `unsupported` for a column that would have to come in two ways. */
  constructor(graph: GraphBuilder, scorer: Scorer, schema: Schema) {
    this.#graph = graph;
    this.#kinds = inputKinds(scorer, schema);
    for (const [name, kind] of this.#kinds) {
      const { tensor, meaning } = inputForms[kind];
      graph.input(name, tensor, meaning);
    }
  }

  kindOf(column: string): InputKind {
    const kind = this.#kinds.get(column);
    if (kind !== undefined) return kind;
    throw new EverviewError('internal', `the exported model has no input "${column}"`);
  }

  /** double, NaN where missing. */
  number(column: string): Value {
    const known = this.#numbers.get(column);
    if (known !== undefined) return known;
    const value = this.kindOf(column) === 'float' ? this.#graph.cast(column, 'double') : column;
    this.#numbers.set(column, value);
    return value;
  }

  moment(column: string): Moment {
    const known = this.#moments.get(column);
    if (known !== undefined) return known;
    const missing = this.#graph.node('Equal', [column, this.#graph.integer(missingMoment)]);
    const value = this.#graph.node('Where', [missing, this.#graph.integer(0), column]);
    const moment = { value, missing };
    this.#moments.set(column, moment);
    return moment;
  }
}

function inputKinds({ features, categories }: Scorer, schema: Schema): Map<string, InputKind> {
  const kinds = new Map<string, InputKind>();
  const sources = [
    ...features.map(({ source }) => ({ source, isCategory: false })),
    ...categories.map(({ source }) => ({ source, isCategory: true })),
  ];
  for (const { source, isCategory } of sources) {
    for (const name of sourceColumns(source)) {
      const column = findColumn(schema, name);
      if (column === undefined)
        throw new EverviewError('internal', `the training set has no column "${name}"`);
      const kind = kindFor(source, isCategory, column);
      const before = kinds.get(name);
      if (before !== undefined && before !== kind) throw twoWays(column);
      kinds.set(name, kind);
    }
  }
  return kinds;
}

function kindFor(source: FeatureSource, isCategory: boolean, { type }: Column): InputKind {
  const isMoment = source.kind === 'part' || source.kind === 'season';
  if (isMoment || source.kind === 'cycle' || source.kind === 'elapsed') return 'moment';
  if (source.kind === 'bucket' || !accepts(source, type)) return 'text';
  if (type === 'BOOLEAN') return 'boolean';
  const numeric = numericKindOf(type);
  // the text of a float is DuckDB's own
  if (numeric === null || (numeric === 'float' && isCategory)) return 'text';
  return type === 'FLOAT' ? 'float' : 'number';
}

function twoWays({ name, type }: Column): EverviewError {
  return new EverviewError('unsupported', `"${name}", ${type}, is a number and a category of the model`, {
    hint: 'give the category a column of its own in the training set, cast to VARCHAR',
  });
}
