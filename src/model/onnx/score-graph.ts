import { designSize, type QuadraticForm, type ScoredCategory, type Scorer } from '../scorer.ts';
import { CategoryGraph, type CategoryPlaces } from './category-graph.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import { MeasureGraph } from './measure-graph.ts';
import type { ModelInputs } from './model-inputs.ts';

export type Scores = {
  /** [rows, scores]; not finite where the model gives none. */
  readonly scores: Value;
  /** [rows]: how far each score can be off; null: no bound. */
  readonly bound: Value | null;
};

/** The measured features of a row as matrices: [rows, features]. */
type Measured = {
  /** x − centre; where missing 0, or NaN with `missing = drop`. */
  readonly present: Value;
  /** 1 where missing. */
  readonly absent: Value;
};

type PlacedCategory = CategoryPlaces & { readonly category: ScoredCategory };

/** What `Scorer` states, as a graph: the same function as `predictionSql`'s scores. */
export function scoreGraph(graph: GraphBuilder, inputs: ModelInputs, scorer: Scorer): Scores {
  const measured = measuredGraph(graph, inputs, scorer);
  const finder = new CategoryGraph(graph, inputs);
  const categories = scorer.categories.map((category) => ({
    category,
    ...finder.places(category, scorer.missing),
  }));
  const linear = graph.sum([
    ...(measured === null ? [] : measuredTerms(graph, scorer, measured)),
    ...categories.map((placed) => categoryTerm(graph, scorer, placed)),
    graph.doubles(scorer.offsets),
  ]);
  if (scorer.quadratic === null && scorer.bound === null) return { scores: linear, bound: null };
  const design = graph.beside([
    ...(measured === null ? [] : [measured.present, measured.absent]),
    ...categories.flatMap((placed) => oneHot(graph, placed)),
  ]);
  const size = designSize(scorer);
  const forms = scorer.quadratic === null ? null : formsGraph(graph, scorer.quadratic, design, size);
  const scores =
    forms === null ? linear : graph.node('Sub', [linear, graph.node('Mul', [forms, graph.double(0.5)])]);
  if (scorer.bound === null) return { scores, bound: null };
  const form = graph.pick(formsGraph(graph, [scorer.bound.form], design, size), 0);
  const bound = graph.node('Mul', [graph.node('Sqrt', [form]), graph.double(scorer.bound.radius)]);
  return { scores, bound };
}

function measuredGraph(
  graph: GraphBuilder,
  inputs: ModelInputs,
  { features, missing }: Scorer,
): Measured | null {
  if (features.length === 0) return null;
  const measures = new MeasureGraph(graph, inputs);
  const values = graph.beside(features.map(({ source }) => graph.column(measures.value(source))));
  const isMissing = graph.node('IsNaN', [values]);
  const distance = graph.node('Sub', [values, graph.doubles(features.map(({ center }) => center))]);
  const present = missing === 'drop' ? distance : graph.node('Where', [isMissing, graph.double(0), distance]);
  return { present, absent: graph.cast(isMissing, 'double') };
}

function measuredTerms(
  graph: GraphBuilder,
  { features, offsets, missing }: Scorer,
  { present, absent }: Measured,
): Value[] {
  const matrix = (rows: readonly (readonly number[])[]) =>
    graph.doubles(
      rows.flatMap((row) => offsets.map((_, k) => row[k] ?? 0)),
      [rows.length, offsets.length],
    );
  const weighed = graph.node('MatMul', [present, matrix(features.map(({ weights }) => weights))]);
  const ofMissing = features.map(({ missingWeights }) => missingWeights);
  if (missing === 'drop' || ofMissing.every((weights) => weights.every((weight) => weight === 0)))
    return [weighed];
  return [weighed, graph.node('MatMul', [absent, matrix(ofMissing)])];
}

/** The row of a table that the level has: the levels', then a missing value's, then an unseen level's. */
function categoryTerm(
  graph: GraphBuilder,
  { missing, offsets }: Scorer,
  { category, place }: PlacedCategory,
): Value {
  const { levels, unseen } = category;
  const ofMissing = missing === 'drop' ? offsets.map(() => Number.NaN) : unseen;
  const rows = [...levels.map(({ weights }) => weights), ofMissing, unseen];
  const table = graph.doubles(
    rows.flatMap((row) => offsets.map((_, k) => row[k] ?? 0)),
    [rows.length, offsets.length],
  );
  return graph.node('Gather', [table, place], { axis: 0 });
}

function oneHot(graph: GraphBuilder, { category, place }: PlacedCategory): Value[] {
  if (category.levels.length === 0) return [];
  const levels = graph.integers(category.levels.map((_, index) => BigInt(index)));
  return [graph.cast(graph.node('Equal', [graph.column(place), levels]), 'double')];
}

/** The value of each form: [rows, forms], by one product with the rows of all. */
function formsGraph(
  graph: GraphBuilder,
  forms: readonly QuadraticForm[],
  design: Value,
  size: number,
): Value {
  const rows = forms.flatMap(({ rows: own, constants }, form) =>
    own.map((row, index) => ({ row, form, constant: constants[index] ?? 0 })),
  );
  if (rows.length === 0) return graph.doubles(forms.map(() => 0));
  const transposed = Array.from({ length: size }, (_, j) => rows.map(({ row }) => row[j] ?? 0)).flat();
  const product = graph.node('MatMul', [design, graph.doubles(transposed, [size, rows.length])]);
  const shifted = graph.node('Add', [product, graph.doubles(rows.map(({ constant }) => constant))]);
  const squares = graph.node('Mul', [shifted, shifted]);
  const membership = rows.flatMap(({ form }) => forms.map((_, k) => (k === form ? 1 : 0)));
  return graph.node('MatMul', [squares, graph.doubles(membership, [rows.length, forms.length])]);
}
