import { changeOfDomain, createDomain, type DomainChangeNode, type DomainNode, mapInputs } from './domain.ts';
import { changeOfFilter, type FilterNode } from './filter.ts';
import { changeOfGroup, type GroupNode } from './group.ts';
import { changeOfJoin, createJoin, type JoinNode } from './join.ts';
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
  | DomainNode<Relation<E>, E>
  | DomainChangeNode<Relation<E>, E>;

export type Scope<E = string> = JoinNode<Relation<E>, E> | FilterNode<Scope<E>, E>;

/** The names of the columns a relation has, in order. */
export function columnsOf<E>(node: Relation<E>): readonly string[] {
  switch (node.kind) {
    case 'project':
      return node.columns.map((column) => column.name);
    case 'domain-change':
      return node.after.columns;
    default:
      return node.columns;
  }
}

/**
 * The change of a relation, as a relation over the sources' changes, when exactly the relations named in `changed`
 * have one; null when it is empty for that reason.
 */
export function changeOf<E>(node: Relation<E>, changed: ReadonlySet<string>): Relation<E> | null {
  switch (node.kind) {
    case 'scan':
      return changeOfScan(node, changed);
    case 'project': {
      const terms = changeOfProject(node, changeOfScope(node.input, changed));
      const [only] = terms;
      if (only === undefined) return null;
      return terms.length === 1 ? only : createUnionAll<Relation<E>>(terms, columnsOf(node));
    }
    case 'union-all':
      return changeOfUnionAll(node, (input) => changeOf(input, changed));
    case 'domain':
      return changeOfDomain(
        node,
        (input) => changeOf(input, changed),
        (input) => oldOf(input, changed),
      );
    case 'domain-change':
      throw new RangeError('a change has no change');
  }
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
        (input) => domainsOf(input).length > 0,
      );
    case 'filter':
      return changeOfFilter(node, changeOfScope(node.input, changed));
  }
}

/** The relation as it was before the change: every operator keeps its form, and scans carry the difference. */
export function oldOf<E>(node: Relation<E>, changed: ReadonlySet<string>): Relation<E> {
  return mapScans(node, (scan) => oldOfScan(scan, changed));
}

function mapScans<E>(node: Relation<E>, map: (scan: ScanNode) => ScanNode): Relation<E> {
  switch (node.kind) {
    case 'scan':
      return map(node);
    case 'project':
      return createProject(mapScansOfScope(node.input, map), node.columns);
    case 'union-all':
      return createUnionAll(
        node.inputs.map((input) => mapScans(input, map)),
        node.columns,
        node.types,
      );
    case 'domain':
      return mapInputs(node, (input) => mapScans(input, map));
    case 'domain-change':
      return {
        ...node,
        after: mapInputs(node.after, (input) => mapScans(input, map)),
        before: mapInputs(node.before, (input) => mapScans(input, map)),
        changes: node.changes.map((change) => ({ ...change, node: mapScans(change.node, map) })),
      };
  }
}

function mapScansOfScope<E>(node: Scope<E>, map: (scan: ScanNode) => ScanNode): Scope<E> {
  switch (node.kind) {
    case 'join':
      return createJoin(
        node.inputs.map((input) => ({ alias: input.alias, node: mapScans(input.node, map) })),
        node.conditions,
      );
    case 'filter':
      return { ...node, input: mapScansOfScope(node.input, map) };
  }
}

/** Every scan, in the order of the query. */
export function scansOf<E>(node: Relation<E> | Scope<E>): ScanNode[] {
  switch (node.kind) {
    case 'scan':
      return [node];
    case 'project':
    case 'filter':
      return scansOf(node.input);
    case 'union-all':
      return node.inputs.flatMap((input) => scansOf<E>(input));
    case 'join':
    case 'domain':
      return node.inputs.flatMap((input) => scansOf<E>(input.node));
    case 'domain-change':
      return [...scansOf<E>(node.after), ...scansOf<E>(node.before)];
  }
}

/** Whether the relation's rows carry weights. A domain's never do: its body reads bags, not changes. */
export function isSigned<E>(node: Relation<E> | Scope<E>): boolean {
  switch (node.kind) {
    case 'scan':
      return node.snapshot !== 'new';
    case 'project':
    case 'filter':
      return isSigned(node.input);
    case 'union-all':
      return node.inputs.some((input) => isSigned(input));
    case 'join':
      return node.inputs.some((input) => isSigned(input.node));
    case 'domain':
      return false;
    case 'domain-change':
      return true;
  }
}

/** Every domain inside, innermost first. */
export function domainsOf<E>(node: Relation<E> | Scope<E>): DomainNode<Relation<E>, E>[] {
  switch (node.kind) {
    case 'scan':
      return [];
    case 'project':
    case 'filter':
      return domainsOf(node.input);
    case 'union-all':
      return node.inputs.flatMap((input) => domainsOf<E>(input));
    case 'join':
      return node.inputs.flatMap((input) => domainsOf<E>(input.node));
    case 'domain':
      return [...node.inputs.flatMap((input) => domainsOf<E>(input.node)), node];
    case 'domain-change':
      return domainsOf(node.after);
  }
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
    case 'domain':
      return mapExpressionsOfDomain(node, map);
    case 'domain-change':
      return {
        kind: 'domain-change',
        after: mapExpressionsOfDomain(node.after, map),
        before: mapExpressionsOfDomain(node.before, map),
        changes: node.changes.map((change) => ({ ...change, node: mapExpressions(change.node, map) })),
      };
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
      );
    case 'filter':
      return {
        kind: 'filter',
        input: mapExpressionsOfScope(node.input, map),
        condition: map(node.condition),
      };
  }
}
