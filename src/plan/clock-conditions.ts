import { agoNode, clockCall, instantNode } from '../core/clock-call.ts';
import { momentMark } from '../core/moment.ts';
import {
  isNode,
  rewrite,
  rewriteItems,
  rewriteParts,
  type SqlJson,
  type SqlNode,
  walk,
} from '../core/sql-tree.ts';
import { nodesOf } from './lower-relations.ts';
import { conjunction, conjuncts } from './lower-tree.ts';

/** What of a query can be told without looking beyond it. */
export type ClockVocabulary = {
  /** Whether a bare name can mean a column. */
  readonly isColumn: (name: string) => boolean;
  /** Functions, in lower case, that give another answer each time. */
  readonly isUnstable: (name: string) => boolean;
};

/**
 * The query with `momentMark` for the clock wherever a condition of WHERE, or of an inner join, compares columns with
 * the clock: `value ⋛ bound` in each case, the bound on the right. Any other use of the clock stays as it is.
 */
export function markClock(query: SqlNode, vocabulary: ClockVocabulary): SqlNode {
  const marker = new ClockMarker(vocabulary);
  const marked = marker.visit(query);
  return isNode(marked) ? marked : query;
}

/** Whether an expression has the clock in it, once marked. */
export function isOnClock(expression: SqlJson): boolean {
  let found = false;
  walk(expression, (node) => {
    const { type, value } = node;
    if (type === 'VALUE_CONSTANT' && isNode(value) && value['value'] === momentMark) found = true;
  });
  return found;
}

const flipped: Readonly<Record<string, string>> = {
  COMPARE_LESSTHAN: 'COMPARE_GREATERTHAN',
  COMPARE_GREATERTHAN: 'COMPARE_LESSTHAN',
  COMPARE_LESSTHANOREQUALTO: 'COMPARE_GREATERTHANOREQUALTO',
  COMPARE_GREATERTHANOREQUALTO: 'COMPARE_LESSTHANOREQUALTO',
};

/** Types an instant keeps its order in. */
const instantTypes = /^(DATE|TIMESTAMP.*)$/;

const truncations = new Set(['date_trunc', 'datetrunc']);

const looksBeyond = new Set(['SUBQUERY', 'WINDOW', 'LAMBDA', 'STAR', 'POSITIONAL_REFERENCE', 'PARAMETER']);

class ClockMarker {
  readonly #vocabulary: ClockVocabulary;

  constructor(vocabulary: ClockVocabulary) {
    this.#vocabulary = vocabulary;
  }

  visit(json: SqlJson): SqlJson {
    if (Array.isArray(json)) return rewriteItems(json, (item) => this.visit(item));
    if (!isNode(json)) return json;
    const inside = rewriteParts(json, (value) => this.visit(value));
    if (inside['type'] === 'SELECT_NODE') return this.#withMarked(inside, 'where_clause');
    if (inside['type'] === 'JOIN' && inside['join_type'] === 'INNER' && inside['ref_type'] !== 'ASOF')
      return this.#withMarked(inside, 'condition');
    return inside;
  }

  #withMarked(node: SqlNode, field: 'where_clause' | 'condition'): SqlNode {
    const condition = node[field];
    if (!isNode(condition)) return node;
    return {
      ...node,
      [field]: conjunction(conjuncts(condition).flatMap((conjunct) => this.#marked(conjunct))),
    };
  }

  #marked(conjunct: SqlNode): SqlNode[] {
    const { type, left, right, input, lower, upper } = conjunct;
    if (type === 'COMPARE_BETWEEN' && isNode(input) && isNode(lower) && isNode(upper)) {
      if (![input, lower, upper].some((side) => this.#isBound(side))) return [conjunct];
      return [
        ...this.#marked(comparison('COMPARE_GREATERTHANOREQUALTO', input, lower)),
        ...this.#marked(comparison('COMPARE_LESSTHANOREQUALTO', input, upper)),
      ];
    }
    if (typeof type !== 'string' || !isNode(left) || !isNode(right)) return [conjunct];
    if (type === 'COMPARE_EQUAL' && (this.#isBound(left) || this.#isBound(right))) {
      return [
        ...this.#marked(comparison('COMPARE_GREATERTHANOREQUALTO', left, right)),
        ...this.#marked(comparison('COMPARE_LESSTHANOREQUALTO', left, right)),
      ];
    }
    const opposite = flipped[type];
    if (opposite === undefined) return [conjunct];
    if (this.#isBound(right) && this.#isValue(left)) return [comparison(type, left, this.#mark(right))];
    if (this.#isBound(left) && this.#isValue(right)) return [comparison(opposite, right, this.#mark(left))];
    return [conjunct];
  }

  /** Of columns alone, and of one row. */
  #isValue(expression: SqlNode): boolean {
    let hasColumn = false;
    let isPlain = true;
    walk(expression, (node) => {
      if (node['class'] === 'COLUMN_REF') hasColumn = true;
      if (looksBeyond.has(String(node['class'])) || this.#isClock(node) || this.#isUnstableCall(node))
        isPlain = false;
    });
    return hasColumn && isPlain;
  }

  /** Of the clock alone, and never going back by much as that goes on. */
  #isBound(expression: SqlNode): boolean {
    const call = clockCall(expression, this.#vocabulary.isColumn);
    if (call !== null) return instantTypes.test(call.type);
    const { child, cast_type: to } = expression;
    if (expression['class'] === 'CAST') {
      return isNode(child) && isNode(to) && instantTypes.test(String(to['id'])) && this.#isBound(child);
    }
    if (expression['class'] !== 'FUNCTION') return false;
    const [first, second, ...more] = nodesOf(expression['children']);
    const name = String(expression['function_name']).toLowerCase();
    if (first === undefined || more.length > 0) return false;
    if (second === undefined) return name === 'ago' && this.#isConstant(first);
    if (name === '-') return this.#isBound(first) && this.#isConstant(second);
    if (name === '+') {
      return (
        (this.#isBound(first) && this.#isConstant(second)) ||
        (this.#isConstant(first) && this.#isBound(second))
      );
    }
    return truncations.has(name) && this.#isConstant(first) && this.#isBound(second);
  }

  #isConstant(expression: SqlNode): boolean {
    let isPlain = true;
    walk(expression, (node) => {
      const kind = String(node['class']);
      if (kind === 'COLUMN_REF' || looksBeyond.has(kind) || this.#isClock(node) || this.#isUnstableCall(node))
        isPlain = false;
    });
    return isPlain;
  }

  #isClock(node: SqlNode): boolean {
    return clockCall(node, this.#vocabulary.isColumn) !== null || isAgo(node);
  }

  #isUnstableCall(node: SqlNode): boolean {
    return (
      'function_name' in node && this.#vocabulary.isUnstable(String(node['function_name']).toLowerCase())
    );
  }

  #mark(bound: SqlNode): SqlNode {
    const marked = rewrite(bound, (node) => {
      const call = clockCall(node, this.#vocabulary.isColumn);
      if (call !== null) return instantNode(node, momentMark, call.type, '');
      return isAgo(node) ? agoNode(node, momentMark) : null;
    });
    return isNode(marked) ? marked : bound;
  }
}

function isAgo(node: SqlNode): boolean {
  return String(node['function_name'] ?? '').toLowerCase() === 'ago';
}

function comparison(type: string, left: SqlNode, right: SqlNode): SqlNode {
  return { class: 'COMPARISON', type, alias: '', query_location: 0, left, right };
}
