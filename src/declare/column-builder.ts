import type { SqlValue } from '../core/value.ts';
import type { DraftColumn, DraftConstraint } from './definition-draft.ts';

/** A constraint at a column, before the column has its name. */
type ColumnConstraint = (column: { readonly name: string }) => DraftConstraint;

declare const columnTypes: unique symbol;

/**
 * A column of a table. `Value` is what its values are in JavaScript; `Nullable` whether NULL is among them; `Given`
 * whether an insert must give it.
 */
export class ColumnBuilder<
  Value extends SqlValue,
  Nullable extends boolean = true,
  HasDefault extends boolean = false,
> {
  declare readonly [columnTypes]?: { value: Value; nullable: Nullable; hasDefault: HasDefault };
  readonly #type: string;
  readonly #default: string | null;
  readonly #constraints: readonly ColumnConstraint[];

  constructor(type: string, defaultSql: string | null = null, constraints: readonly ColumnConstraint[] = []) {
    this.#type = type;
    this.#default = defaultSql;
    this.#constraints = constraints;
  }

  notNull(): ColumnBuilder<Value, false, HasDefault> {
    return this.#with((column) => ({ kind: 'not-null', name: null, column }));
  }

  primaryKey(): ColumnBuilder<Value, false, HasDefault> {
    return this.#with((column) => ({ kind: 'primary-key', name: null, columns: [column] }));
  }

  unique(): ColumnBuilder<Value, Nullable, HasDefault> {
    return this.#with((column) => ({ kind: 'unique', name: null, columns: [column] }));
  }

  /** @param condition SQL, over any columns of the row. */
  check(condition: string): ColumnBuilder<Value, Nullable, HasDefault> {
    return this.#with((column) => ({ kind: 'check', name: null, expression: condition, column }));
  }

  /**
   * @param column of the other table; its primary key when left out.
   * @param matchRate the least share, above 0 and at most 1, of an update's references that must be found.
   */
  references(
    table: string,
    column?: string,
    { matchRate }: { readonly matchRate?: number } = {},
  ): ColumnBuilder<Value, Nullable, HasDefault> {
    const targetColumns = column === undefined ? [] : [{ name: column }];
    return this.#with((own) => ({
      kind: 'references',
      name: null,
      columns: [own],
      table: { name: table },
      targetColumns,
      matchRate,
    }));
  }

  /** @param expression SQL. */
  default(expression: string): ColumnBuilder<Value, Nullable, true> {
    return new ColumnBuilder(this.#type, expression, this.#constraints);
  }

  get type(): string {
    return this.#type;
  }

  /** The column under its name. */
  draft(name: string): { readonly column: DraftColumn; readonly constraints: readonly DraftConstraint[] } {
    return {
      column: { name, type: this.#type, default: this.#default },
      constraints: this.#constraints.map((constraint) => constraint({ name })),
    };
  }

  #with<N extends boolean>(constraint: ColumnConstraint): ColumnBuilder<Value, N, HasDefault> {
    return new ColumnBuilder(this.#type, this.#default, [...this.#constraints, constraint]);
  }
}

/** Any column, whatever its type. */
export type AnyColumn = ColumnBuilder<SqlValue, boolean, boolean>;

export type ColumnValue<C> =
  C extends ColumnBuilder<infer V, infer N, boolean> ? V | (N extends true ? null : never) : never;

/** Whether an insert may leave the column out. */
export type IsOptional<C> =
  C extends ColumnBuilder<SqlValue, infer N, infer D> ? (N extends true ? true : D) : never;

type SmallPrecision = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;

function typed<V extends SqlValue>(type: string): () => ColumnBuilder<V> {
  return () => new ColumnBuilder<V>(type);
}

/** Column types; each knows what its values are in JavaScript. */
export const t = Object.freeze({
  boolean: typed<boolean>('BOOLEAN'),
  tinyint: typed<number>('TINYINT'),
  smallint: typed<number>('SMALLINT'),
  integer: typed<number>('INTEGER'),
  bigint: typed<bigint>('BIGINT'),
  hugeint: typed<bigint>('HUGEINT'),
  utinyint: typed<number>('UTINYINT'),
  usmallint: typed<number>('USMALLINT'),
  uinteger: typed<number>('UINTEGER'),
  ubigint: typed<bigint>('UBIGINT'),
  float: typed<number>('FLOAT'),
  double: typed<number>('DOUBLE'),
  varchar: typed<string>('VARCHAR'),
  date: typed<Date>('DATE'),
  timestamp: typed<Date>('TIMESTAMP'),
  timestamptz: typed<Date>('TIMESTAMPTZ'),
  time: typed<string>('TIME'),
  interval: typed<string>('INTERVAL'),
  uuid: typed<string>('UUID'),
  blob: typed<Uint8Array>('BLOB'),
  json: typed<string>('JSON'),
  /** A number up to 15 digits, a string beyond. */
  decimal: <P extends number>(precision: P, scale: number) =>
    new ColumnBuilder<P extends SmallPrecision ? number : string>(`DECIMAL(${precision}, ${scale})`),
  list: <V extends SqlValue>(element: ColumnBuilder<V, boolean, boolean>) =>
    new ColumnBuilder<readonly (V | null)[]>(`${element.type}[]`),
  /** Any other type of DuckDB; say what its values are in JavaScript. */
  type: <V extends SqlValue>(type: string) => new ColumnBuilder<V>(type),
});
