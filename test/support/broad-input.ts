import { type Block, type From, Marks, type Pen, type Relation, scopedColumns } from './broad-pen.ts';
import type { Source } from './broad-query.ts';
import type { BroadColumn } from './broad-value.ts';

/** Writes a whole query of at most so many levels; null where the relations at hand do not allow it. */
export type WriteBlock = (pen: Pen, depth: number) => Block | null;

export type Fits = (columns: readonly BroadColumn[]) => boolean;

/** One relation, or a query in its place: a subquery, or a CTE. */
export function drawInput(pen: Pen, depth: number, write: WriteBlock, fits: Fits = () => true): From | null {
  if (depth > 0 && pen.random.chance(0.35)) {
    const block = write(pen, depth - 1);
    if (block !== null && fits(block.columns)) return fromBlock(pen, block, pen.random.chance(0.35));
  }
  const fitting = pen.relations.filter((one) => fits(one.columns));
  if (fitting.length === 0) return null;
  // The newest relations are the deepest views: preferred a little, so that views stack.
  const chosen = pen.random.chance(0.3) ? fitting.at(-1) : pen.random.pick(fitting);
  return chosen === undefined ? null : fromRelation(pen, chosen);
}

export function fromRelation(pen: Pen, relation: Relation): From {
  const alias = pen.alias();
  return {
    sources: [{ join: ',', relation: relation.name, alias, columns: [], condition: '' }],
    ctes: [],
    where: [],
    columns: scopedColumns(alias, relation.columns),
    key: relation.key === null ? null : `${alias}.${relation.key}`,
    rows: relation.rows,
    marks: new Marks(relation.top),
  };
}

export function fromBlock(pen: Pen, block: Block, asCte: boolean): From {
  const alias = pen.alias();
  const name = pen.alias('q');
  const relation: Source['relation'] = asCte ? name : block.query;
  const inner = new Marks(block.top, block.operators, block.pairs);
  return {
    sources: [{ join: ',', relation, alias, columns: [], condition: '' }],
    ctes: asCte ? [{ name, columns: [], query: block.query }] : [],
    where: [],
    columns: scopedColumns(alias, block.columns),
    key: block.key === null ? null : `${alias}.${block.key}`,
    rows: block.rows,
    marks: asCte ? inner.under('cte') : inner,
  };
}
