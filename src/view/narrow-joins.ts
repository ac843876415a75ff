import { createJoin, type JoinInput, type JoinNode } from '../algebra/join.ts';
import { type Relation, type Scope, scansOf } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { keyRanges, withinRanges } from '../store/key-range.ts';
import { type RenderSource, renderRelation } from '../store/render-algebra.ts';
import type { RefreshContext } from './refresher.ts';

/** What is known of how many rows there are. */
export type Sizes = Pick<RefreshContext, 'changedSources' | 'rowsOf'>;

type Context = { readonly session: Session; readonly source: RenderSource; readonly sizes: Sizes };
type Input = JoinInput<Relation>;

/** Rows of a relation from which on to read all of it takes longer than to ask what of it is needed. */
const largeRelation = 500_000;

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
    case 'scan':
    case 'predict':
    case 'domain':
    case 'domain-change':
    case 'match':
    case 'match-change':
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
  // A row on which the expression fails may be one that another condition leaves out.
  const asked = found.map(({ equals }) => `TRY(${equals.expression})`);
  const ranges = await keyRanges(session, logged, asked);
  return withinRanges(
    found.map(({ column }) => column.expression),
    ranges.map((range) => range && { ...range, orNull: false }),
  );
}

/** How many rows a relation over logs alone has at most; null for another one. */
function loggedRows(node: Relation, { changedSources }: Sizes): number | null {
  const scans = scansOf(node);
  if (scans.length !== 1 || scans[0]?.snapshot !== 'change') return null;
  const change = changedSources.get(scans[0].relation);
  return (change?.inserted ?? 0) + (change?.deleted ?? 0);
}

/** The most rows that are stored of anything a relation reads. */
function storedRows(node: Relation, { rowsOf }: Sizes): number {
  const stored = scansOf(node).filter(({ snapshot }) => snapshot !== 'change');
  return Math.max(0, ...stored.map(({ relation }) => rowsOf?.(relation) ?? 0));
}
