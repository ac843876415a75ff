import {
  type ClockFilterNode,
  changeOfClockFilter,
  clockSource,
  createClockFilter,
  oldOfClockFilter,
} from './clock-filter.ts';
import { changeOfDomain, createDomain, type DomainChangeNode, type DomainNode, mapInputs } from './domain.ts';
import { changeOfFilter, type FilterNode } from './filter.ts';
import { changeOfGroup, type GroupNode } from './group.ts';
import { changeOfJoin, createJoin, type JoinNode } from './join.ts';
import {
  changeOfMatch,
  type MatchChangeNode,
  type MatchNode,
  mapSides,
  partsOfMatchChange,
} from './match.ts';
import { changeOfPredict, createPredict, oldOfPredict, type PredictNode } from './predict.ts';
import { changeOfProject, createProject, type ProjectNode } from './project.ts';
import { changeOfScan, oldOfScan, type ScanNode } from './scan.ts';
import { changeOfUnionAll, createUnionAll, type UnionAllNode } from './union-all.ts';

/**
 * The closed language of maintainable views. A `Relation` has plain columns; a `Scope` has columns qualified by
 * aliases, over which the scalar expressions `E` are written (SQL text, once DuckDB has printed it). A relation over
 * changed scans is a signed bag: each row has a weight.
 */
export type Node<E = string> = Relation<E> | Scope<E> | GroupNode<Relation<E>>;

export type Relation<E = string> =
  | ScanNode
  | ProjectNode<Scope<E>, E>
  | UnionAllNode<Relation<E>>
  | PredictNode<Relation<E>>
  | DomainNode<Relation<E>, E>
  | DomainChangeNode<Relation<E>, E>
  | MatchNode<Relation<E>>
  | MatchChangeNode<Relation<E>>;

export type Scope<E = string> =
  | JoinNode<Relation<E>, E>
  | FilterNode<Scope<E>, E>
  | ClockFilterNode<Scope<E>, E>;

/** The names of the columns a relation has, in order. */
export function columnsOf<E>(node: Relation<E>): readonly string[] {
  switch (node.kind) {
    case 'project':
      return node.columns.map((column) => column.name);
    case 'domain-change':
      return node.after.columns;
    case 'match':
      return [...node.leftColumns, ...node.rightColumns];
    case 'match-change':
      return columnsOf(node.after);
    case 'predict':
      return [...columnsOf(node.input), ...node.outputs.map((column) => column.name)];
    default:
      return node.columns;
  }
}

/**
 * The change of a relation, as a relation over the sources' changes, when exactly the relations named in `changed`
 * have one, `clockSource` among them where rows may have crossed, and a model of which another version answers now;
 * null when it is empty for that reason.
 */
export function changeOf<E>(node: Relation<E>, changed: ReadonlySet<string>): Relation<E> | null {
  switch (node.kind) {
    case 'scan':
      return changeOfScan(node, changed);
    case 'project':
      return sumOf(changeOfProject(node, changeOfScope(node.input, changed)), node);
    case 'predict':
      return sumOf(changeOfPredict(node, changeOf(node.input, changed), changed.has(node.model)), node);
    case 'union-all':
      return changeOfUnionAll(node, (input) => changeOf(input, changed));
    case 'domain':
      return changeOfDomain(
        node,
        (input) => changeOf(input, changed),
        (input) => oldOf(input, changed),
      );
    case 'match':
      return changeOfMatch(
        node,
        (input) => changeOf(input, changed),
        (input) => oldOf(input, changed),
      );
    case 'domain-change':
    case 'match-change':
      throw new RangeError('a change has no change');
  }
}

/** The terms of a change together; null: there are none. */
function sumOf<E>(terms: readonly Relation<E>[], node: Relation<E>): Relation<E> | null {
  const [only] = terms;
  if (only === undefined) return null;
  return terms.length === 1 ? only : createUnionAll<Relation<E>>(terms, columnsOf(node));
}

/** The signed partial aggregates to add to the state of `node`; null when nothing changed. */
export function changeOfState<E>(
  node: GroupNode<Relation<E>>,
  changed: ReadonlySet<string>,
): GroupNode<Relation<E>> | null {
  return changeOfGroup(node, changeOf(node.input, changed));
}

function changeOfScope<E>(node: Scope<E>, changed: ReadonlySet<string>): Scope<E>[] {
  switch (node.kind) {
    case 'join':
      return changeOfJoin(
        node,
        (input) => changeOf(input, changed),
        (input) => oldOf(input, changed),
        (input) => domainsOf(input).length + matchesOf(input).length > 0,
      );
    case 'filter':
      return changeOfFilter(node, changeOfScope(node.input, changed));
    case 'clock-filter':
      return changeOfClockFilter(node, changeOfScope(node.input, changed), changed.has(clockSource));
  }
}

/**
 * The relation as it was before the change: every operator keeps its form, scans carry the difference, and conditions
 * on the clock the moment.
 */
export function oldOf<E>(node: Relation<E>, changed: ReadonlySet<string>): Relation<E> {
  switch (node.kind) {
    case 'scan':
      return oldOfScan(node, changed);
    case 'project':
      return createProject(oldOfScope(node.input, changed), node.columns);
    case 'union-all':
      return createUnionAll(
        node.inputs.map((input) => oldOf(input, changed)),
        node.columns,
        node.types,
      );
    case 'predict':
      return oldOfPredict(node, oldOf(node.input, changed), changed.has(node.model));
    case 'domain':
      return mapInputs(node, (input) => oldOf(input, changed));
    case 'match':
      return mapSides(node, (input) => oldOf(input, changed));
    case 'domain-change':
    case 'match-change':
      throw new RangeError('a change is not a state');
  }
}

function oldOfScope<E>(node: Scope<E>, changed: ReadonlySet<string>): Scope<E> {
  switch (node.kind) {
    case 'join':
      return createJoin(
        node.inputs.map((input) => ({ alias: input.alias, node: oldOf(input.node, changed) })),
        node.conditions,
        node.ties,
      );
    case 'filter':
      return { ...node, input: oldOfScope(node.input, changed) };
    case 'clock-filter':
      return oldOfClockFilter({ ...node, input: oldOfScope(node.input, changed) }, changed.has(clockSource));
  }
}

/** What a relation is directly made of, in the order of the query. */
function partsOf<E>(node: Relation<E> | Scope<E>): (Relation<E> | Scope<E>)[] {
  switch (node.kind) {
    case 'scan':
      return [];
    case 'project':
    case 'filter':
    case 'clock-filter':
    case 'predict':
      return [node.input];
    case 'union-all':
      return [...node.inputs];
    case 'join':
    case 'domain':
      return node.inputs.map((input) => input.node);
    case 'domain-change':
      return [node.after, node.before];
    case 'match':
      return [node.left, node.right];
    case 'match-change':
      return partsOfMatchChange(node);
  }
}

/** Every scan, in the order of the query. */
export function scansOf<E>(node: Relation<E> | Scope<E>): ScanNode[] {
  return node.kind === 'scan' ? [node] : partsOf(node).flatMap((part) => scansOf<E>(part));
}

/** Whether the relation's rows carry weights. A domain's never do: its body reads bags, not changes. */
export function isSigned<E>(node: Relation<E> | Scope<E>): boolean {
  switch (node.kind) {
    case 'scan':
      return node.snapshot !== 'new';
    case 'project':
    case 'filter':
      return isSigned(node.input);
    case 'clock-filter':
    case 'predict':
      return node.at === 'crossing' || isSigned(node.input);
    case 'union-all':
      return node.inputs.some((input) => isSigned(input));
    case 'join':
      return node.inputs.some((input) => isSigned(input.node));
    case 'domain':
      return false;
    case 'match':
      return isSigned(node.left);
    case 'domain-change':
    case 'match-change':
      return true;
  }
}

/** Every domain inside, innermost first. */
export function domainsOf<E>(node: Relation<E> | Scope<E>): DomainNode<Relation<E>, E>[] {
  const inside = partsOf(node).flatMap((part) => domainsOf<E>(part));
  return node.kind === 'domain' ? [...inside, node] : inside;
}

/** Every match inside, innermost first. */
export function matchesOf<E>(node: Relation<E> | Scope<E>): MatchNode<Relation<E>>[] {
  const inside = partsOf(node).flatMap((part) => matchesOf<E>(part));
  return node.kind === 'match' ? [...inside, node] : inside;
}

/** Every condition on the clock inside, innermost first. */
export function clockFiltersOf<E>(node: Relation<E> | Scope<E>): ClockFilterNode<Scope<E>, E>[] {
  const inside = partsOf(node).flatMap((part) => clockFiltersOf<E>(part));
  return node.kind === 'clock-filter' ? [...inside, node] : inside;
}

/** Every PREDICT inside, innermost first. */
export function predictsOf<E>(node: Relation<E> | Scope<E>): PredictNode<Relation<E>>[] {
  const inside = partsOf(node).flatMap((part) => predictsOf<E>(part));
  return node.kind === 'predict' ? [...inside, node] : inside;
}

/** Whether a change may take rows away though its sources only put rows in. */
export function takesAway<E>(change: Relation<E> | Scope<E>): boolean {
  if (change.kind === 'scan') return change.snapshot === 'old';
  if (change.kind === 'predict' && change.at === 'crossing') return true;
  if (change.kind === 'match-change' && change.rightChange !== null && change.after.how !== 'semi')
    return true;
  return partsOf(change).some((part) => takesAway<E>(part));
}

/** The same node with every expression replaced. */
export function mapExpressions<E, F>(node: Relation<E>, map: (expression: E) => F): Relation<F> {
  switch (node.kind) {
    case 'scan':
      return node;
    case 'project':
      return createProject(
        mapExpressionsOfScope(node.input, map),
        node.columns.map(({ name, expression }) => ({ name, expression: map(expression) })),
      );
    case 'union-all':
      return createUnionAll(
        node.inputs.map((input) => mapExpressions(input, map)),
        node.columns,
        node.types,
      );
    case 'predict':
      return createPredict({ ...node, input: mapExpressions(node.input, map) });
    case 'domain':
      return mapExpressionsOfDomain(node, map);
    case 'domain-change':
      return {
        kind: 'domain-change',
        after: mapExpressionsOfDomain(node.after, map),
        before: mapExpressionsOfDomain(node.before, map),
        changes: node.changes.map((change) => ({ ...change, node: mapExpressions(change.node, map) })),
      };
    case 'match':
      return mapSides(node, (side) => mapExpressions(side, map));
    case 'match-change':
      throw new RangeError('a change is made of printed expressions');
  }
}

function mapExpressionsOfDomain<E, F>(
  node: DomainNode<Relation<E>, E>,
  map: (expression: E) => F,
): DomainNode<Relation<F>, F> {
  return createDomain<Relation<F>, F>({
    inputs: node.inputs.map((input) => ({ ...input, node: mapExpressions(input.node, map) })),
    body: map(node.body),
    columns: node.columns,
    keys: node.keys,
    repeatable: {
      obstacle: node.repeatable.obstacle,
      exactOnly: node.repeatable.exactOnly.map(map),
    },
  });
}

function mapExpressionsOfScope<E, F>(node: Scope<E>, map: (expression: E) => F): Scope<F> {
  switch (node.kind) {
    case 'join':
      return createJoin(
        node.inputs.map((input) => ({ alias: input.alias, node: mapExpressions(input.node, map) })),
        node.conditions.map(map),
        node.ties.map(({ column, equals }) => ({
          column: { ...column, expression: map(column.expression) },
          equals: { ...equals, expression: map(equals.expression) },
        })),
      );
    case 'filter':
      return {
        kind: 'filter',
        input: mapExpressionsOfScope(node.input, map),
        condition: map(node.condition),
      };
    case 'clock-filter':
      return createClockFilter(
        mapExpressionsOfScope(node.input, map),
        { ...node.condition, value: map(node.condition.value), bound: map(node.condition.bound) },
        node.at,
      );
  }
}
