import { LosslessNumber, parse as parseJson, stringify } from 'lossless-json';
import { EverviewError, placeIn } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { createMutex } from '../core/mutex.ts';
import type { Session } from '../core/session.ts';
import {
  isNode,
  rewrite,
  rewriteParts,
  type SqlJson,
  type SqlNode,
  type SqlParser,
} from '../core/sql-tree.ts';
import type { Row } from '../core/value.ts';
import { emptyItem, selectTree } from '../plan/lower-tree.ts';
import { comparisonsAsValues, namelessStructs, withoutFaults } from './duckdb-faults.ts';
import { RecentlyUsed } from './recently-used.ts';
import { unstableFunctions } from './unstable-functions.ts';

/** Numbers that JavaScript writes in the same way become numbers; `1.0`, which DuckDB wants back, keeps its point. */
function exactNumber(text: string): number | LosslessNumber {
  const number = Number(text);
  return String(number) === text ? number : new LosslessNumber(text);
}

/** DuckDB writes the literal 1e400 as `Infinity`, which is no JSON. A quote inside a text has a backslash before it. */
function withInfinities(tree: string): string {
  return tree.replace(/"value":(-?)Infinity(?=[,}])/g, '"value":$11e999');
}

/** Offsets come in bytes of UTF-8 from DuckDB; errors point at UTF-16 units. */
function utf16Offset(text: string, bytes: number): number {
  return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8').length;
}

/** Of the texts whose trees are kept, some MB of trees; and of the trees, written out, whose texts are. */
const mostCharacters = { parsed: 50_000, printed: 500_000 } as const;

/** Parses on a session of its own; concurrent calls queue, because a prepared statement is bound to one set of values. */
export class DuckdbSqlParser implements SqlParser {
  readonly unstableFunctions = unstableFunctions;
  readonly #session: Session;
  readonly #alone = createMutex();
  /** A tree is a pure function of its text, and a text of its tree: nothing of the data is in them. */
  readonly #parsedLast = new RecentlyUsed<SqlNode>(mostCharacters.parsed);
  readonly #printedLast = new RecentlyUsed<string>(mostCharacters.printed);

  constructor(session: Session) {
    this.#session = session;
  }

  /** A statement is read for what it names, then to rewrite it; and most come again. */
  async parse(sql: string): Promise<SqlNode> {
    const known = this.#parsedLast.get(sql);
    if (known !== undefined) return known;
    const node = await this.#parsed(sql);
    this.#parsedLast.set(sql, node);
    return node;
  }

  async #parsed(sql: string): Promise<SqlNode> {
    const [row] = await this.#rows('SELECT json_serialize_sql($1::VARCHAR) AS tree', [sql]);
    const tree = parseJson(withInfinities(String(row?.['tree'])), undefined, exactNumber) as SqlJson;
    if (!isNode(tree)) throw new EverviewError('internal', 'DuckDB gave no tree for a SELECT');
    if (tree['error'] === true) throw parseFailure(sql, tree);
    const statements = tree['statements'];
    const [first, ...more] = Array.isArray(statements) ? (statements as SqlJson[]) : [];
    if (more.length > 0)
      throw new EverviewError('syntax-error', 'more than one statement where one SELECT is expected');
    const node = isNode(first) ? first['node'] : undefined;
    if (!isNode(node))
      throw new EverviewError('syntax-error', 'a SELECT is expected', { at: placeIn(sql, 0) });
    return node;
  }

  async hasUniformColumns(values: string): Promise<boolean> {
    try {
      await this.#alone(() => this.#session.describe(values));
      return true;
    } catch (failure) {
      return !(
        failure instanceof EverviewError && /cannot combine types|could not convert/i.test(failure.message)
      );
    }
  }

  async print(query: SqlNode): Promise<string> {
    // Not what DuckDB is given, but as telling and quickly made: most queries come again. A number that no double holds
    // stays apart from one, as an object.
    const key = JSON.stringify(query);
    const known = this.#printedLast.get(key);
    if (known !== undefined) return known;
    const nameless = namelessStructs(query);
    const names = await this.#texts(nameless.map(selectOf));
    const named = new Map(nameless.map((item, index) => [item, names[index] ?? '']));
    const tree = { error: false, statements: [{ node: withoutFaults(query, named), named_param_map: [] }] };
    const [row] = await this.#rows('SELECT json_deserialize_sql($1::VARCHAR) AS sql', [treeText(tree)]);
    const sql = String(row?.['sql']);
    this.#printedLast.set(key, sql);
    return sql;
  }

  async printExpressions(expressions: readonly SqlNode[]): Promise<string[]> {
    return this.#texts(expressions.map((one) => withoutFaults(selectOf(comparisonsAsValues(one)))));
  }

  /** Of SELECTs of one expression each, which is what DuckDB calls its column by. */
  async #texts(selects: readonly SqlJson[]): Promise<string[]> {
    if (selects.length === 0) return [];
    const list = selects.map((_, index) => `json_deserialize_sql($${index + 1}::VARCHAR)`).join(', ');
    const rows = await this.#rows(`SELECT unnest([${list}]) AS sql`, selects.map(treeText));
    return rows.map((printed) =>
      String(printed['sql'])
        .replace(/^SELECT /, '')
        .replace(/;?\s*$/, ''),
    );
  }

  #rows(sql: string, params: readonly string[] = []): Promise<Row[]> {
    return this.#alone(() => this.#session.rows(sql, params));
  }
}

/** DuckDB wants unsigned 64-bit locations; "nowhere" (2⁶⁴−1) stays exact as a LosslessNumber. */
function treeText(tree: SqlJson): string {
  const text = stringify(rewrite(tree, (node) => castOfDouble(node) ?? withQuotedStar(node)));
  if (text === undefined) throw new EverviewError('internal', 'a SELECT tree cannot be written as JSON');
  return text;
}

/** DuckDB prints the double 1e3 as 1000.0, which it reads as a DECIMAL; a cast of the text keeps value and type. */
function castOfDouble(node: SqlNode): SqlNode | null {
  const constant = node['type'] === 'VALUE_CONSTANT' && isNode(node['value']) ? node['value'] : undefined;
  if (constant === undefined || constant['is_null'] === true) return null;
  if (!isNode(constant['type']) || constant['type']['id'] !== 'DOUBLE') return null;
  const text = { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: String(constant['value']) };
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: node['alias'] ?? '',
    query_location: node['query_location'] ?? 0,
    child: { ...node, alias: '', value: text },
    cast_type: { id: 'DOUBLE', type_info: null },
    try_cast: false,
  };
}

/** DuckDB prints `"order".*` as `order.*`: of a star, it quotes no name. */
function withQuotedStar(node: SqlNode): SqlNode | null {
  const name = node['relation_name'];
  if (node['type'] !== 'STAR' || typeof name !== 'string' || name === '') return null;
  const inside = rewriteParts(node, (part) => rewrite(part, castOfDouble));
  return { ...inside, relation_name: quoteIdentifier(name) };
}

function selectOf(expression: SqlNode): SqlNode {
  const node = selectTree({ list: [{ ...expression, alias: '' }], from: emptyItem() });
  return { error: false, statements: [{ node, named_param_map: [] }] };
}

function parseFailure(sql: string, tree: SqlNode): EverviewError {
  const message = String(tree['error_message'] ?? 'the SELECT cannot be parsed');
  // A PIVOT without IN is several statements to DuckDB, so that it gets the same message.
  if (message.startsWith('Only SELECT') && !/\bpivot\b/i.test(sql)) {
    return new EverviewError('unsupported', 'an update with WITH before it is not offered', {
      hint: 'WITH stands within a query: INSERT INTO t WITH … SELECT …, DELETE FROM t WHERE a IN (WITH … SELECT …)',
    });
  }
  if (tree['error_type'] === 'not implemented') {
    return new EverviewError('unsupported', `DuckDB cannot take this SELECT apart: ${message}`, {
      hint: 'PIVOT, for one, can be written as aggregates with FILTER',
    });
  }
  const position = Number(tree['position'] ?? Number.NaN);
  const at = Number.isFinite(position) ? placeIn(sql, utf16Offset(sql, position)) : undefined;
  return new EverviewError('syntax-error', message, { at, hint: formHint(sql) });
}

/** The brackets that the forms DuckDB does not have, or not so, are often written without. */
function formHint(sql: string): string | undefined {
  if (/\bpredict\s*\([^(),]+,\s*(select|from|with)\b/i.test(sql))
    return 'a query within PREDICT stands in brackets: PREDICT(model, (SELECT …))';
  const [, unit] = /\bat\s+(version|timestamp)\b/i.exec(sql) ?? [];
  return unit === undefined ? undefined : `the past is read by AT (${unit.toUpperCase()} => …)`;
}
