import type { Relation, Scope } from '../algebra/node.ts';
import type { ScanNode } from '../algebra/scan.ts';
import { quoteIdentifier, quoteList, versionColumn, weightColumn } from '../core/identifier.ts';
import type { ViewHandle } from './refresher.ts';

const weight = quoteIdentifier(weightColumn);
const version = quoteIdentifier(versionColumn);

/**
 * The change log of a view that makes at most one row of each row of one base table, as a SELECT over that table's
 * log: it need not be written a second time. Null for every other view.
 *
 * Right for every span of versions (u, v] in which the view stood at u and stands at v, since the contents of such a
 * view at any version follow from the table's rows at that version, one by one.
 */
export function derivedLogOf(view: ViewHandle): string | null {
  return view.plan.kind === 'rows' ? logOfRelation(view.plan.node) : null;
}

function logOfRelation(node: Relation): string | null {
  switch (node.kind) {
    case 'scan':
      if (node.source !== 'table' || node.snapshot !== 'new') return null;
      return `SELECT ${quoteList([...node.columns])}, ${weight}, ${version} FROM log.${quoteIdentifier(node.relation)}`;
    case 'project': {
      const scope = singleInput(node.input);
      const inside = scope === null ? null : logOfRelation(scope.input);
      if (scope === null || inside === null) return null;
      const alias = quoteIdentifier(scope.alias);
      const list = node.columns.map(({ name, expression }) => `${expression} AS ${quoteIdentifier(name)}`);
      const where = scope.conditions.map((condition) => `(${condition})`).join(' AND ');
      return (
        `SELECT ${[...list, `${alias}.${weight}`, `${alias}.${version}`].join(', ')} ` +
        `FROM (${inside}) AS ${alias}${where === '' ? '' : ` WHERE ${where}`}`
      );
    }
    default:
      return null;
  }
}

/** A column with its alias, each quoted or not. */
const columnReference = /^(?:(?:"(?:[^"]|"")+"|\w+)\.)?(?:"(?:[^"]|"")+"|\w+)$/;

/**
 * The scan of which the relation shows columns, one row for each of its rows; null of any other relation. Not of one
 * with expressions: UNNEST makes many rows of one.
 */
export function shownScan(node: Relation): ScanNode | null {
  if (node.kind === 'scan') return node;
  if (node.kind !== 'project' || !node.columns.every(({ expression }) => columnReference.test(expression)))
    return null;
  const scope = singleInput(node.input);
  return scope === null || scope.conditions.length > 0 ? null : shownScan(scope.input);
}

type SingleInput = {
  readonly alias: string;
  readonly input: Relation;
  readonly conditions: readonly string[];
};

function singleInput(scope: Scope): SingleInput | null {
  switch (scope.kind) {
    case 'filter': {
      const inside = singleInput(scope.input);
      return inside === null ? null : { ...inside, conditions: [...inside.conditions, scope.condition] };
    }
    case 'join': {
      const [only, ...others] = scope.inputs;
      if (only === undefined || others.length > 0) return null;
      return { alias: only.alias, input: only.node, conditions: scope.conditions };
    }
    default:
      return null;
  }
}
