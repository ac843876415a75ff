import { createJoin, type JoinInput, type JoinNode } from '../algebra/join.ts';
import { predictsOf, type Relation, type Scope, scansOf } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { keyRanges, largeRelation, withinRanges } from '../store/key-range.ts';
import { type RenderSource, renderRelation } from '../store/render-algebra.ts';
import type { RefreshContext } from './refresher.ts';

/** What is known of how many rows there are. */
export type Sizes = Pick<RefreshContext, 'changedSources' | 'rowsOf'>;

type Context = { readonly session: Session; readonly source: RenderSource; readonly sizes: Sizes };
type Input = JoinInput<Relation>;

/** From this part of it on a change is likely to need it all. */
const largePart = 0.1;

/**
 * The change, with a condition more where a term joins what a log holds with a large relation by a stored column: a
 * range, beyond which its row groups are not read (see `keyRanges`). It is asked for here.
 */
export function narrowJoins(
  session: Session,
  change: Relation,
  source: RenderSource,
  sizes: Sizes,
): Promise<Relation> {
  return narrow(change, { session, source, sizes });
}

async function narrow(node: Relation, context: Context): Promise<Relation> {
  switch (node.kind) {
    case 'project':
      return createProject(await narrowScope(node.input, context), node.columns);
    case 'union-all': {
      const inputs: Relation[] = [];
      for (const input of node.inputs) inputs.push(await narrow(input, context));
      return createUnionAll(inputs, node.columns, node.types);
    }
    case 'match-change': {
      const { leftChange, rightChange } = node;
      return {
        ...node,
        leftChange: leftChange && (await narrow(leftChange, context)),
        rightChange: rightChange && { ...rightChange, change: await narrow(rightChange.change, context) },
      };
    }
    case 'scan':
    case 'predict':
    case 'domain':
    case 'domain-change':
    case 'match':
      return node;
  }
}

async function narrowScope(scope: Scope, context: Context): Promise<Scope> {
  if (scope.kind !== 'join') return { ...scope, input: await narrowScope(scope.input, context) };
  const inputs: Input[] = [];
  for (const { alias, node } of scope.inputs) inputs.push({ alias, node: await narrow(node, context) });
  const ranges: string[] = [];
  for (const input of inputs) ranges.push(...(await rangesBy(input, scope, context)));
  return createJoin(inputs, [...scope.conditions, ...ranges], scope.ties);
}

/** What the log of one input says of the large inputs that are tied to it. */
async function rangesBy(
  { alias, node }: Input,
  { inputs, ties }: JoinNode<Relation, string>,
  { session, source, sizes }: Context,
): Promise<readonly string[]> {
  const rows = loggedRows(node, sizes);
  if (rows === null) return [];
  const least = Math.max(largeRelation, rows / largePart);
  const large = inputs.filter((input) => storedRows(input.node, sizes) >= least).map((input) => input.alias);
  const found = ties.filter(({ column, equals }) => equals.alias === alias && large.includes(column.alias));
  if (found.length === 0) return [];
  const logged = `(${renderRelation(node, source)}) AS ${quoteIdentifier(alias)}`;
  const asked = [...new Set(found.map(({ equals }) => equals.expression))];
  // A row on which the expression fails may be one that another condition leaves out.
  const ranges = await keyRanges(
    session,
    logged,
    asked.map((expression) => `TRY(${expression})`),
  );
  return found.flatMap(({ column, equals }) => {
    const range = ranges[asked.indexOf(equals.expression)];
    return range ? withinRanges([column.expression], [{ ...range, orNull: false }]) : [];
  });
}

/** How many rows are in the log that a relation is read from; null for one that takes more than to read a log. */
function loggedRows(node: Relation, { changedSources }: Sizes): number | null {
  const [scan, ...others] = scansOf(node);
  if (scan?.snapshot !== 'change' || others.length > 0 || predictsOf(node).length > 0) return null;
  const change = changedSources.get(scan.relation);
  return (change?.inserted ?? 0) + (change?.deleted ?? 0);
}

/** The most rows that are stored of anything a relation reads. */
function storedRows(node: Relation, { rowsOf }: Sizes): number {
  const stored = scansOf(node).filter(({ snapshot }) => snapshot !== 'change');
  return Math.max(0, ...stored.map(({ relation }) => rowsOf?.(relation) ?? 0));
}
