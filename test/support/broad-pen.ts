import type { ScopedColumn } from './broad-expression.ts';
import type { Below, Operator, OperatorPair } from './broad-operator.ts';
import type { Cte, Query, Source } from './broad-query.ts';
import type { BroadColumn } from './broad-value.ts';
import type { Random } from './random.ts';

/** A relation a query may be over. */
export type Relation = {
  readonly name: string;
  readonly columns: readonly BroadColumn[];
  readonly key: string | null;
  /** A guess, so that joins of joins stay small. */
  readonly rows: number;
  /** Views below it. */
  readonly depth: number;
  readonly top: Below;
};

/** A whole query, and what is known of its rows. */
export type Block = {
  readonly query: Query;
  readonly columns: readonly BroadColumn[];
  readonly key: string | null;
  readonly rows: number;
  readonly top: Operator;
  readonly operators: readonly Operator[];
  readonly pairs: readonly OperatorPair[];
};

/** What a query reads: the pieces of FROM and WHERE, and the columns they show. */
export type From = {
  readonly sources: readonly Source[];
  readonly ctes: readonly Cte[];
  readonly where: readonly string[];
  readonly columns: readonly ScopedColumn[];
  /** The text of a column with unique values. */
  readonly key: string | null;
  readonly rows: number;
  readonly marks: Marks;
};

/** Operators as they were laid one over the other. */
export class Marks {
  readonly top: Below;
  readonly operators: readonly Operator[];
  readonly pairs: readonly OperatorPair[];

  constructor(top: Below, operators: readonly Operator[] = [], pairs: readonly OperatorPair[] = []) {
    this.top = top;
    this.operators = operators;
    this.pairs = pairs;
  }

  /** With `operator` on top of all that is here, and of `beside`. */
  under(operator: Operator, ...beside: readonly Marks[]): Marks {
    const below = [this, ...beside];
    return new Marks(
      operator,
      [...below.flatMap((one) => one.operators), operator],
      [...below.flatMap((one) => one.pairs), ...below.map((one): OperatorPair => `${operator}>${one.top}`)],
    );
  }

  /** With `operator` inside the one on top, which stays there: an aggregate in a grouping. */
  inside(operator: Operator): Marks {
    const pairs: OperatorPair[] = this.top === 'table' ? [] : [`${this.top}>${operator}`];
    return new Marks(this.top, [...this.operators, operator], [...this.pairs, ...pairs]);
  }
}

/** Draws one query: the choices, the relations at hand and names not yet used. */
export class Pen {
  readonly random: Random;
  readonly relations: readonly Relation[];
  #next = 0;

  constructor(random: Random, relations: readonly Relation[]) {
    this.random = random;
    this.relations = relations;
  }

  alias(prefix = 'a'): string {
    return `${prefix}${this.#next++}`;
  }
}

/** The columns of a relation by their alias. */
export function scopedColumns(alias: string, columns: readonly BroadColumn[]): ScopedColumn[] {
  return columns.map((column) => ({ ...column, text: `${alias}.${column.name}` }));
}

export function stableOf(columns: readonly ScopedColumn[]): ScopedColumn[] {
  return columns.filter((column) => column.stable);
}

/** An order without ties but those of rows that are alike in all stable columns. */
export function totalOrder(from: From): string {
  return (
    from.key ??
    stableOf(from.columns)
      .map((column) => column.text)
      .join(', ')
  );
}
