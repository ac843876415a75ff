import { drawEquality, samePairs } from './broad-equality.ts';
import { drawCondition, type ScopedColumn } from './broad-expression.ts';
import {
  drawAsof,
  drawCteTwice,
  drawLateral,
  drawNamedJoin,
  drawUnnest,
  drawValues,
} from './broad-from-special.ts';
import { drawInput, fromRelation, type WriteBlock } from './broad-input.ts';
import type { Operator } from './broad-operator.ts';
import type { From, Pen } from './broad-pen.ts';
import type { JoinWord, Source } from './broad-query.ts';
import { drawSubqueryCondition } from './broad-subquery.ts';

/** More rows than this are not joined further. */
const largestJoin = 150;

/** What a query reads: one relation or a join of any kind, mostly with conditions. */
export function drawFrom(pen: Pen, depth: number, write: WriteBlock): From | null {
  const joined = drawJoin(pen, depth, write);
  if (joined === null) return null;
  let from = joined;
  if (pen.random.chance(0.3)) from = filtered(from, drawCondition(pen.random, from.columns));
  if (pen.random.chance(0.06)) from = drawTemporal(pen, from) ?? from;
  if (pen.random.chance(0.22)) from = drawSubqueryCondition(pen, from, depth, write) ?? from;
  return from;
}

function filtered(from: From, condition: string): From {
  return { ...from, where: [...from.where, condition], marks: from.marks.under('filter') };
}

/** Rows that come or leave as the clock moves. */
function drawTemporal(pen: Pen, from: From): From | null {
  const times = from.columns.filter((one) => one.stable && /^(timestamp|timestamptz|date)$/.test(one.type));
  if (times.length === 0) return null;
  const { text, type } = pen.random.pick(times);
  const days = pen.random.int(1, 60);
  const condition =
    type === 'date'
      ? `${text} ${pen.random.pick(['>=', '<'])} current_date - ${days}`
      : `${text} ${pen.random.pick(['>', '<='])} now() - INTERVAL '${days} days'`;
  const marks = from.marks.under('temporal-filter');
  return { ...from, where: [...from.where, condition], marks };
}

function drawJoin(pen: Pen, depth: number, write: WriteBlock): From | null {
  const kind = pen.random.weighted({
    single: 9,
    inner: 5,
    theta: 1,
    self: 1.2,
    outer: 4,
    halves: 2,
    named: 2,
    asof: 1.2,
    lateral: 0.8,
    values: 0.8,
    unnest: 1,
    cteTwice: 1,
  });
  switch (kind) {
    case 'single':
      return drawInput(pen, depth, write);
    case 'inner':
      return drawInner(pen, depth, write);
    case 'theta':
      return joinOf(pen, drawPair(pen, depth, write), 'JOIN', 'theta-join');
    case 'self':
      return drawSelf(pen);
    case 'outer': {
      const [word, operator] = pen.random.pick([
        ['LEFT JOIN', 'left-join'],
        ['LEFT JOIN', 'left-join'],
        ['RIGHT JOIN', 'right-join'],
        ['FULL JOIN', 'full-join'],
      ] as const);
      return joinOf(pen, drawPair(pen, depth, write), word, operator);
    }
    case 'halves': {
      const [word, operator] = pen.random.pick([
        ['SEMI JOIN', 'semi-join'],
        ['ANTI JOIN', 'anti-join'],
      ] as const);
      return joinOf(pen, drawPair(pen, depth, write), word, operator);
    }
    case 'named':
      return drawNamedJoin(pen, depth, write);
    case 'asof':
      return drawAsof(pen, depth, write);
    case 'lateral':
      return drawLateral(pen, depth, write);
    case 'values':
      return drawValues(pen, depth, write);
    case 'unnest':
      return drawUnnest(pen, depth, write);
    case 'cteTwice':
      return drawCteTwice(pen, depth, write);
  }
}

type Pair = { readonly left: From; readonly right: From } | null;

function drawPair(pen: Pen, depth: number, write: WriteBlock): Pair {
  const left = drawInput(pen, depth, write);
  const right = drawInput(pen, Math.min(depth, 1), write);
  return left === null || right === null || left.rows * right.rows > largestJoin * 6 ? null : { left, right };
}

/** Two to four inputs by equalities, written with JOIN or with commas. */
function drawInner(pen: Pen, depth: number, write: WriteBlock): From | null {
  let from = drawInput(pen, depth, write);
  const isComma = pen.random.chance(0.25);
  for (let count = pen.random.pick([1, 1, 1, 2, 2, 3]); count > 0 && from !== null; count--) {
    const right = drawInput(pen, Math.min(depth, 1), write);
    if (right === null || (from.rows * right.rows) / 3 > largestJoin) break;
    const joined: From | null = joinOf(pen, { left: from, right }, 'JOIN', 'inner-join');
    if (joined === null) break;
    from = isComma ? withComma(joined) : joined;
  }
  return from;
}

function withComma(from: From): From {
  const last = from.sources.at(-1);
  if (last === undefined) return from;
  const condition = last.condition.replace(/^ON /, '');
  const source: Source = { ...last, join: ',', condition: '' };
  return { ...from, sources: [...from.sources.slice(0, -1), source], where: [...from.where, condition] };
}

function drawSelf(pen: Pen): From | null {
  const relation = pen.random.pick(pen.relations);
  if (relation.rows > 25) return null;
  const [left, right] = [fromRelation(pen, relation), fromRelation(pen, relation)];
  const [word, more] = pen.random.pick([
    ['JOIN', null],
    ['JOIN', null],
    ['LEFT JOIN', 'left-join'],
    ['FULL JOIN', 'full-join'],
    ['ANTI JOIN', 'anti-join'],
  ] as const);
  const joined = joinOf(pen, { left, right }, word, more ?? 'inner-join');
  return joined === null ? null : { ...joined, marks: joined.marks.under('self-join') };
}

function joinOf(pen: Pen, pair: Pair, word: JoinWord, operator: Operator): From | null {
  if (pair === null) return null;
  const { left, right } = pair;
  const equality = drawEquality(pen, left.columns, right.columns);
  const condition = operator === 'theta-join' ? drawInequality(pen, left, right) : equality;
  if (condition === null) return null;
  const isHalf = word === 'SEMI JOIN' || word === 'ANTI JOIN';
  const more = pen.random.chance(0.2)
    ? moreCondition(pen, isHalf ? right.columns : [...left.columns, ...right.columns])
    : '';
  const [source] = right.sources;
  if (source === undefined || right.sources.length > 1) return null;
  return {
    sources: [...left.sources, { ...source, join: word, condition: `ON ${condition}${more}` }],
    ctes: [...left.ctes, ...right.ctes],
    where: [...left.where, ...right.where],
    columns: isHalf ? left.columns : [...left.columns, ...right.columns],
    key: isHalf ? left.key : null,
    rows: isHalf ? left.rows : Math.ceil((left.rows * right.rows) / 3),
    marks: left.marks.under(operator, right.marks),
  };
}

function moreCondition(pen: Pen, columns: readonly ScopedColumn[]): string {
  return ` AND ${drawCondition(pen.random, columns, 0)}`;
}

function drawInequality(pen: Pen, left: From, right: From): string | null {
  const pairs = samePairs(left.columns, right.columns);
  if (pairs.length === 0 || left.rows * right.rows > 400) return null;
  const { one, other } = pen.random.pick(pairs);
  return `${one.text} ${pen.random.pick(['<', '<=', '>', '<>'])} ${other.text}`;
}
