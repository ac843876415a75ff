import type { DomainChangeNode, DomainNode } from '../algebra/domain.ts';
import type { MatchNode } from '../algebra/match.ts';
import { columnsOf, isSigned, type Relation, type Scope } from '../algebra/node.ts';
import type { PredictNode } from '../algebra/predict.ts';
import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import type { Moments } from '../core/moment.ts';
import type { PredictorEnds } from '../core/prediction.ts';
import { renderClockFilter } from './render-clock-filter.ts';
import { renderMatch, renderMatchChange, type SideRenderer } from './render-match.ts';
import { renderPredict } from './render-predict.ts';
import { type RenderSource, renderScan, tableOf } from './render-scan.ts';
import { sameAsTouched, type TouchedKeys, touchedColumn } from './touched-keys.ts';

export { type RenderSource, tableOf } from './render-scan.ts';
export { type TouchedKeys, touchedColumn } from './touched-keys.ts';

const weight = quoteIdentifier(weightColumn);

/** A SELECT of the relation's columns in order; a signed one ends with its weight. */
export function renderRelation(node: Relation, source: RenderSource): string {
  return render(node, source, isSigned(node), null);
}

/** The keys of the rows of `changes`, each once; without keys one row, if there is any change. */
export function renderTouched(
  changes: DomainChangeNode<Relation, string>['changes'],
  source: RenderSource,
): string {
  return changes
    .map(({ node, keys }) => {
      const list = keys.map((key, place) => `${quoteIdentifier(key)} AS ${touchedColumn(place)}`);
      return `SELECT DISTINCT ${list.length === 0 ? '1 AS __ev_one' : list.join(', ')} FROM (${renderRelation(node, source)})`;
    })
    .join(' UNION ');
}

/** What the body of a domain gives for the touched keys alone. */
export function renderDomainOf(
  node: DomainNode<Relation, string>,
  source: RenderSource,
  touched: TouchedKeys | null,
): string {
  const inputs = node.inputs.map(({ alias, node: input, keys }) => {
    const restriction = touched === null ? null : { touched, keys };
    return `${quoteIdentifier(alias)} AS NOT MATERIALIZED (${renderBag(input, source, restriction)})`;
  });
  return `SELECT ${quoteList(node.columns)} FROM (WITH ${inputs.join(', ')} SELECT * FROM ${node.body})`;
}

/** As `renderRelation` of unsigned rows, those alone whose `keys`, columns of the relation, are touched. */
export function renderRestricted(
  node: Relation,
  source: RenderSource,
  keys: readonly string[],
  touched: TouchedKeys,
): string {
  return renderBag(node, source, { touched, keys });
}

/** Keeps the rows whose `keys`, columns of the relation, are among the touched ones. */
type Restriction = { readonly touched: TouchedKeys; readonly keys: readonly string[] };

/** Unsigned rows, as many of each as there are. */
function renderBag(node: Relation, source: RenderSource, restriction: Restriction | null): string {
  const rows = render(node, source, isSigned(node), restriction);
  if (!isSigned(node)) return rows;
  const columns = quoteList(columnsOf(node));
  return (
    `SELECT ${columns} FROM (SELECT ${columns}, unnest(range(sum(${weight})::BIGINT)) ` +
    `FROM (${rows}) GROUP BY ${columns})`
  );
}

function render(
  node: Relation,
  source: RenderSource,
  signed: boolean,
  restriction: Restriction | null,
): string {
  switch (node.kind) {
    case 'scan':
      return restricted(renderScan(node, source, signed), node, signed, restriction);
    case 'project':
      return renderProject(node, source, signed, restriction);
    case 'union-all': {
      const branches = node.inputs.map((input) => {
        const inside = restriction === null ? null : inBranch(restriction, node.columns, columnsOf(input));
        return renderBranch(input, node.columns, node.types, source, signed, inside);
      });
      return branches.join(' UNION ALL ');
    }
    case 'predict':
      return renderRestrictedPredict(node, source, signed, restriction);
    case 'domain': {
      const inside = restriction === null ? null : insideDomain(node, restriction);
      const rows = renderDomainOf(node, source, inside);
      return restricted(
        signed ? `SELECT *, 1::TINYINT AS ${weight} FROM (${rows})` : rows,
        node,
        signed,
        restriction,
      );
    }
    case 'domain-change':
      return restricted(renderDomainChange(node, source), node, signed, restriction);
    case 'match':
      return renderRestrictedMatch(node, source, signed, restriction);
    case 'match-change':
      return restricted(renderMatchChange(node, sideRenderer(source)), node, signed, restriction);
  }
}

/** Rows that are not asked for are not predicted, where what tells them is known before. */
function renderRestrictedPredict(
  node: PredictNode<Relation>,
  source: RenderSource,
  signed: boolean,
  restriction: Restriction | null,
): string {
  const known = columnsOf(node.input);
  const isKnown = restriction?.keys.every((key) => known.includes(key)) ?? true;
  const ofInput = signed && node.at !== 'crossing';
  const inside = render(node.input, source, ofInput, isKnown ? restriction : null);
  const rows = renderPredict(node, inside, signed, predictorsOf(node.model, source));
  return isKnown ? rows : restricted(rows, node, signed, restriction);
}

function predictorsOf(model: string, source: RenderSource): PredictorEnds | null {
  if (source.kind === 'probe') return null;
  const ends = source.moments.models?.get(model);
  if (ends !== undefined) return ends;
  throw new EverviewError('internal', `nobody said which version of "${model}" predicts`);
}

/** Rows of the left are what a match is made of: those that are not asked for need no partners. */
function renderRestrictedMatch(
  node: MatchNode<Relation>,
  source: RenderSource,
  signed: boolean,
  restriction: Restriction | null,
): string {
  const isOfLeft = restriction?.keys.every((key) => node.leftColumns.includes(key)) ?? true;
  const left = `(${render(node.left, source, signed, isOfLeft ? restriction : null)})`;
  const rows = renderMatch(node, left, signed, sideRenderer(source));
  return isOfLeft ? rows : restricted(rows, node, signed, restriction);
}

function sideRenderer(source: RenderSource): SideRenderer {
  return {
    item: (node, signed) => `(${render(node, source, signed, null)})`,
    bag: (node, among) => {
      if (among === null) return renderBag(node, source, null);
      const touched = { item: among.item, columns: among.keys.map(quoteIdentifier) };
      return renderBag(node, source, { touched, keys: among.keys });
    },
  };
}

function renderProject(
  node: Extract<Relation, { kind: 'project' }>,
  source: RenderSource,
  signed: boolean,
  restriction: Restriction | null,
): string {
  const { inputs, conditions, signs } = flatten(node.input, source);
  const columns = node.columns.map(({ name, expression }) => `${expression} AS ${quoteIdentifier(name)}`);
  const weights = inputs
    .filter((input) => isSigned(input.node))
    .map((input) => `${quoteIdentifier(input.alias)}.${weight}`)
    .concat(signs.map((sign) => `(${sign})::TINYINT`));
  if (signed) columns.push(`${weights.length === 0 ? '1::TINYINT' : weights.join(' * ')} AS ${weight}`);
  if (columns.length === 0) columns.push('1 AS __ev_one');
  const from = inputs.map((input) => `${fromItem(input.node, source)} AS ${quoteIdentifier(input.alias)}`);
  const where = conditions.map((text) => `(${text})`);
  if (restriction === null) return selectOf(columns, from, where);
  const expressions = restriction.keys.map(
    (key) => node.columns.find((column) => column.name === key)?.expression ?? 'NULL',
  );
  if (expressions.some((text) => rowFunction.test(text)))
    return restricted(selectOf(columns, from, where), node, signed, restriction);
  const { touched } = restriction;
  from.push(`${touched.item} AS __ev_touched`);
  return selectOf(columns, from, [...where, ...sameAsTouched(expressions, touched)]);
}

/** A function that gives several rows, which may not stand in a condition; found too often does no harm. */
const rowFunction = /\b(?:unnest|unlist|generate_subscripts)\b/i;

function selectOf(columns: readonly string[], from: readonly string[], where: readonly string[]): string {
  const list = `SELECT ${columns.join(', ')}${from.length === 0 ? '' : ` FROM ${from.join(', ')}`}`;
  return where.length === 0 ? list : `${list} WHERE ${where.join(' AND ')}`;
}

function renderBranch(
  input: Relation,
  columns: readonly string[],
  types: readonly string[] | null,
  source: RenderSource,
  signed: boolean,
  restriction: Restriction | null,
): string {
  const inside = render(input, source, signed, restriction);
  if (types === null) return input.kind === 'union-all' ? `(${inside})` : inside;
  const own = columnsOf(input);
  const list = columns.map((name, place) => {
    return `CAST(${quoteIdentifier(own[place] ?? name)} AS ${types[place]}) AS ${quoteIdentifier(name)}`;
  });
  return `SELECT ${[...list, ...(signed ? [weight] : [])].join(', ')} FROM (${inside})`;
}

function renderDomainChange(node: DomainChangeNode<Relation, string>, source: RenderSource): string {
  const name = `__ev_keys_${node.after.inputs[0]?.alias ?? ''}`;
  const touched = { item: name, columns: node.after.keys.map((_, place) => touchedColumn(place)) };
  const columns = quoteList(node.after.columns);
  const side = (domain: DomainNode<Relation, string>, sign: 1 | -1) =>
    `SELECT ${columns}, ${sign} AS ${weight} FROM (${renderDomainOf(domain, source, touched)})`;
  const netted =
    `SELECT ${columns}, sum(${weight})::BIGINT AS ${weight} FROM (${side(node.after, 1)} UNION ALL ${side(node.before, -1)}) ` +
    `GROUP BY ${columns} HAVING sum(${weight}) <> 0`;
  // As a log has it: each row is one that came or one that went.
  return (
    `SELECT ${columns}, sign(${weight})::TINYINT AS ${weight} FROM ` +
    `(WITH ${name} AS MATERIALIZED (${renderTouched(node.changes, source)}) ` +
    `SELECT *, unnest(range(abs(${weight}))) FROM (${netted}))`
  );
}

function fromItem(node: Relation, source: RenderSource): string {
  if (node.kind === 'scan' && node.snapshot === 'new') return tableOf(node);
  return `(${renderRelation(node, source)})`;
}

type FlatScope = {
  readonly inputs: Extract<Scope, { kind: 'join' }>['inputs'];
  readonly conditions: readonly string[];
  /** Factors of each row's weight beside those of the inputs. */
  readonly signs: readonly string[];
};

const noMoments: Moments = { fromMs: 0, toMs: 0 };

function flatten(scope: Scope, source: RenderSource): FlatScope {
  if (scope.kind === 'join') return { inputs: scope.inputs, conditions: scope.conditions, signs: [] };
  const { inputs, conditions, signs } = flatten(scope.input, source);
  if (scope.kind === 'filter') return { inputs, conditions: [...conditions, scope.condition], signs };
  const rendered = renderClockFilter(scope, source.kind === 'probe' ? noMoments : source.moments);
  return {
    inputs,
    conditions: [...conditions, ...rendered.conditions],
    signs: rendered.sign === null ? signs : [...signs, rendered.sign],
  };
}

function restricted(rows: string, node: Relation, signed: boolean, restriction: Restriction | null): string {
  if (restriction === null) return rows;
  const columns = columnsOf(node).map((name) => `__ev_r.${quoteIdentifier(name)}`);
  const keys = restriction.keys.map((key) => `__ev_r.${quoteIdentifier(key)}`);
  const where = sameAsTouched(keys, restriction.touched);
  return (
    `SELECT ${[...columns, ...(signed ? [`__ev_r.${weight}`] : [])].join(', ')} ` +
    `FROM (${rows}) AS __ev_r, ${restriction.touched.item} AS __ev_touched` +
    `${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`
  );
}

/** The restriction by the branch's own column names, which union by position. */
function inBranch(
  { touched, keys }: Restriction,
  columns: readonly string[],
  own: readonly string[],
): Restriction {
  return { touched, keys: keys.map((key) => own[columns.indexOf(key)] ?? key) };
}

/** The touched keys of a domain inside, where the keys it falls apart by are among those restricted. */
function insideDomain(
  node: DomainNode<Relation, string>,
  { touched, keys }: Restriction,
): TouchedKeys | null {
  const columns = node.keys.flatMap((key) => touched.columns[keys.indexOf(key)] ?? []);
  const ranges = node.keys.flatMap((key) => touched.ranges?.[keys.indexOf(key)] ?? null);
  if (columns.length < node.keys.length || columns.length === 0) return null;
  const item =
    columns.length === touched.columns.length
      ? touched.item
      : `(SELECT DISTINCT ${columns.join(', ')} FROM ${touched.item})`;
  return { item, columns, ranges };
}
