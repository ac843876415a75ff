import { drawCondition, drawExpression, type TypedText } from './broad-expression.ts';
import { drawFrom } from './broad-from.ts';
import { drawInput, type WriteBlock } from './broad-input.ts';
import type { Operator } from './broad-operator.ts';
import { drawOutputs, itemsOf, named, type Output } from './broad-outputs.ts';
import { type Block, type From, Marks, type Pen, stableOf } from './broad-pen.ts';
import { emptySelect, type Query, type SelectQuery, type SetOperator } from './broad-query.ts';
import { blockOf, selectOver } from './broad-rows.ts';
import { literalOf } from './broad-value.ts';

const setOperators: readonly (readonly [SetOperator, Operator])[] = [
  ['UNION ALL', 'union-all'],
  ['UNION', 'union'],
  ['INTERSECT', 'intersect'],
  ['INTERSECT ALL', 'intersect-all'],
  ['EXCEPT', 'except'],
  ['EXCEPT ALL', 'except-all'],
];

/** Two or three branches of the same types. */
export function drawSet(pen: Pen, depth: number, write: WriteBlock): Block | null {
  const [operator, mark] = pen.random.pick(setOperators);
  const first = drawFrom(pen, depth, write);
  if (first === null) return null;
  const usable = operator === 'UNION ALL' ? first.columns : stableOf(first.columns);
  const outputs = drawOutputs(pen, usable, pen.random.int(1, 3));
  if (outputs.length === 0) return null;
  let query: Query = { ...selectOver(first), items: itemsOf(outputs) };
  let marks = first.marks;
  let { rows } = first;
  let columns: Output[] = outputs;
  for (let count = pen.random.pick([1, 1, 2]); count > 0; count--) {
    const other = drawFrom(pen, Math.min(depth, 1), write);
    if (other === null) return null;
    const branch = branchOf(pen, other, outputs, operator !== 'UNION ALL');
    query = { kind: 'set', operator, left: query, right: branch.query };
    marks = marks.under(mark, other.marks);
    columns = columns.map((one, place) => ({ ...one, stable: one.stable && branch.stable[place] === true }));
    rows += other.rows;
  }
  const { top, operators, pairs } = marks;
  if (top === 'table') return null;
  const shown = columns.map(({ name, type, stable }) => ({ name, type, stable }));
  return { query, columns: shown, key: null, rows, top, operators, pairs };
}

function branchOf(
  pen: Pen,
  from: From,
  outputs: readonly Output[],
  mustBeStable: boolean,
): { readonly query: SelectQuery; readonly stable: readonly boolean[] } {
  const columns = mustBeStable ? stableOf(from.columns) : from.columns;
  const values = outputs.map((output): TypedText => {
    const literal = { text: literalOf(pen.random, output.type), type: output.type, stable: true };
    return drawExpression(pen.random, columns, output.type) ?? literal;
  });
  const items = values.map((value, place) => ({ expression: value.text, name: outputs[place]?.name ?? '' }));
  return { query: { ...selectOver(from), items }, stable: values.map((value) => value.stable) };
}

/** What can be reached from some rows, through the rows of another relation or by counting on. */
export function drawRecursive(pen: Pen, write: WriteBlock): Block | null {
  const isInt = (column: { type: string; stable: boolean }) => column.type === 'int' && column.stable;
  const start = drawInput(pen, 0, write, (columns) => columns.some(isInt));
  const step = drawInput(pen, 0, write, (columns) => columns.filter(isInt).length >= 2);
  if (start === null) return null;
  const key = pen.random.pick(start.columns.filter(isInt));
  const [name, value, level] = [pen.alias('r'), pen.alias('n'), pen.alias('n')];
  const edges = step === null || pen.random.chance(0.4) ? null : step;
  const seed: SelectQuery = {
    ...emptySelect,
    items: [
      { expression: key.text, name: value },
      { expression: '0', name: level },
    ],
    from: start.sources,
    where: [drawCondition(pen.random, start.columns, 0)],
  };
  const next: SelectQuery =
    edges === null ? counting(name, value, level) : walking(pen, edges, name, value, level);
  const alias = pen.alias();
  const query: SelectQuery = {
    ...emptySelect,
    isRecursive: true,
    ctes: [
      { name, columns: [value, level], query: { kind: 'set', operator: 'UNION', left: seed, right: next } },
    ],
    from: [{ join: ',', relation: name, alias, columns: [], condition: '' }],
  };
  const outputs: Output[] = [];
  outputs.push(named(pen, outputs, { text: `${alias}.${value}`, type: 'int', stable: true }));
  outputs.push(named(pen, outputs, { text: `${alias}.${level}`, type: 'int', stable: true }));
  const marks = (edges === null ? start.marks : start.marks).under(
    'recursive',
    edges?.marks ?? new Marks('table'),
  );
  return blockOf(query, outputs, marks, { rows: 20 });
}

function counting(name: string, value: string, level: string): SelectQuery {
  return {
    ...emptySelect,
    items: [
      { expression: `${value} + 1`, name: value },
      { expression: `${level} + 1`, name: level },
    ],
    from: [{ join: ',', relation: name, alias: '', columns: [], condition: '' }],
    where: [`${level} < 2`],
  };
}

function walking(pen: Pen, edges: From, name: string, value: string, level: string): SelectQuery {
  const [from, to] = pen.random.sample(
    edges.columns.filter((column) => column.type === 'int' && column.stable),
    2,
  );
  const reached = pen.alias();
  return {
    ...emptySelect,
    items: [
      { expression: to?.text ?? '0', name: value },
      { expression: `${reached}.${level} + 1`, name: level },
    ],
    from: [
      { join: ',', relation: name, alias: reached, columns: [], condition: '' },
      ...edges.sources.map((source) => ({
        ...source,
        join: 'JOIN' as const,
        condition: `ON ${from?.text ?? '0'} = ${reached}.${value}`,
      })),
    ],
    where: [`${reached}.${level} < 3`],
  };
}
