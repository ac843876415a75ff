import type { DomainNode } from '../algebra/domain.ts';
import type { MatchNode } from '../algebra/match.ts';
import { domainsOf, matchesOf, type Relation } from '../algebra/node.ts';
import { quoteIdentifier, quoteList } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { DomainPlan } from '../plan/view-plan.ts';
import { renderRelation } from '../store/render-relation.ts';

type Domain = DomainNode<Relation, string>;

const floating = /^(FLOAT|DOUBLE)$|\b(FLOAT|DOUBLE)\b/;
const exactNumber = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(.*\))$/;

/** What stands in the way of computing the old rows of a relation again; null: nothing. */
export async function obstacleTo(session: Session, node: Relation): Promise<string | null> {
  for (const domain of domainsOf(node)) {
    const obstacle = (await unrepeatable(session, domain)) ?? (await unlikeKeys(session, domain));
    if (obstacle !== null) return obstacle;
  }
  for (const match of matchesOf(node)) {
    const obstacle = await unlikeSides(session, match);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

/** What stands in the way of taking a domain's old rows from the contents, and computing those of its inputs. */
export async function obstacleToDomain(session: Session, node: Domain): Promise<string | null> {
  for (const input of node.inputs) {
    const obstacle = await obstacleTo(session, input.node);
    if (obstacle !== null) return obstacle;
  }
  return unlikeKeys(session, node);
}

/**
 * The plan of a whole view by a domain.
 *
 * @param sameColumns the node's columns that are the same, row by row, as the key
 */
export async function domainPlan(
  session: Session,
  node: Domain,
  schema: Schema,
  sameColumns: (key: string) => readonly string[],
): Promise<DomainPlan> {
  const shown = node.columns.slice(0, schema.length);
  const names = node.keys.map((key) => {
    const column = shown.findIndex((source) => source === key || sameColumns(key).includes(source));
    return schema[column]?.name ?? null;
  });
  const described = await session.describe(
    `SELECT ${quoteList(node.keys)} FROM (${renderRelation(node, { kind: 'probe' })})`,
  );
  const hidden = names.flatMap((name, place) =>
    name === null ? [{ name: node.keys[place] ?? '', type: storedType(described[place]?.type) }] : [],
  );
  return {
    kind: 'domain',
    node,
    sources: [...shown, ...hidden.map((column) => column.name)],
    keys: names.map((name, place) => name ?? node.keys[place] ?? ''),
    hidden,
  };
}

function storedType(type: string | undefined): string {
  return type === undefined || type === '"NULL"' ? 'INTEGER' : type;
}

async function unrepeatable(session: Session, node: Domain): Promise<string | null> {
  if (node.repeatable.obstacle !== null) return `${node.repeatable.obstacle}, inside a larger query`;
  for (const select of node.repeatable.exactOnly) {
    const columns = await session.describe(overInputs(node, `SELECT * FROM ${select}`));
    if (columns.some(({ type }) => floating.test(type)))
      return 'sums of floating-point numbers inside a larger query';
  }
  return null;
}

/** Keys of the sides must compare as what they are: text of one type against another finds other rows. */
async function unlikeKeys(session: Session, node: Domain): Promise<string | null> {
  if (node.inputs.length < 2 || node.keys.length === 0) return null;
  const types: string[][] = [];
  for (const { alias, keys } of node.inputs) {
    const described = await session.describe(
      overInputs(node, `SELECT ${quoteList(keys)} FROM ${quoteIdentifier(alias)}`),
    );
    types.push(described.map((column) => column.type));
  }
  return unlike(types);
}

/** Two keys of the right that differ must not both equal one of the left. */
async function unlikeSides(
  session: Session,
  { left, right, keys }: MatchNode<Relation>,
): Promise<string | null> {
  const typesOf = async (side: Relation, columns: readonly string[]) => {
    const rows = renderRelation(side, { kind: 'probe' });
    const described = await session.describe(`SELECT ${quoteList([...new Set(columns)])} FROM (${rows})`);
    return columns.map((column) => described.find(({ name }) => name === column)?.type ?? '');
  };
  const ofLeft = await typesOf(
    left,
    keys.map((key) => key.left),
  );
  return unlike([
    ofLeft,
    await typesOf(
      right,
      keys.map((key) => key.right),
    ),
  ]);
}

/** @param types of the keys, by side */
function unlike([first = [], ...others]: readonly (readonly string[])[]): string | null {
  const isAlike = (one: string, other: string) =>
    one === other || (exactNumber.test(one) && exactNumber.test(other));
  const isSame = others.every((other) => other.every((type, place) => isAlike(type, first[place] ?? '')));
  return isSame ? null : 'a comparison of columns of different types';
}

function overInputs(node: Domain, select: string): string {
  const inputs = node.inputs.map(
    ({ alias, node: input }) => `${quoteIdentifier(alias)} AS (${renderRelation(input, { kind: 'probe' })})`,
  );
  return `WITH ${inputs.join(', ')} ${select}`;
}
