import { quoteIdentifier, quoteList, quoteLiteral } from '../core/identifier.ts';
import type { Constraint } from '../declare/definition.ts';
import type { IngestTarget } from './ingest-target.ts';
import { dataRelation } from './relation-names.ts';
import { allPresent, equalKeys, type Rule, remaining, shownPairs, withinBatch } from './rule.ts';
import { rowColumn, type Stage, stageRelation } from './stage.ts';

type KeyConstraint = Extract<Constraint, { kind: 'unique' | 'primary-key' }>;

export function keyText(constraint: KeyConstraint): string {
  const word = constraint.kind === 'primary-key' ? 'PRIMARY KEY' : 'UNIQUE';
  return `${word} (${constraint.columns.join(', ')})`;
}

/**
 * UNIQUE and PRIMARY KEY: against the rows that stay, and against earlier rows of the batch. NULLs are distinct.
 */
export function keyRules(target: IngestTarget, constraint: KeyConstraint, stage: Stage): readonly Rule[] {
  const { columns } = constraint;
  const kept = withinBatch(remaining(target, stage, columns), columns, stage);
  const key = shownPairs(target, columns, 's.');
  const common = { constraint, table: target.name };
  return [
    {
      ...common,
      phase: 'row',
      count: `(SELECT count(*) FROM ${kept} AS d JOIN ${stage.relation} AS s ON ${equalKeys('d', columns, 's', columns)})`,
      screen: keyScreen(target, kept, stage, columns),
      find: `SELECT s.${rowColumn} AS r,
                    ${key} || ${quoteLiteral(` is already in "${target.name}": breaks ${keyText(constraint)}`)} AS reason
             FROM ${stageRelation} AS s SEMI JOIN ${kept} AS d ON ${equalKeys('d', columns, 's', columns)}`,
    },
    {
      ...common,
      phase: 'duplicate',
      count: duplicateCount(columns),
      screen: null,
      find: `SELECT s.${rowColumn} AS r,
                    ${key} || ${quoteLiteral(` comes again in the same update: breaks ${keyText(constraint)}`)} AS reason
             FROM ${stageRelation} AS s WHERE ${allPresent(columns, 's.')}
             QUALIFY row_number() OVER (PARTITION BY ${quoteList(columns, 's.')} ORDER BY s.${rowColumn}) > 1`,
    },
  ];
}

/**
 * One join for both ways to break a key: with the batch itself beside the rows that stay, each of its keys is found
 * once, or more often, and then it is broken. A DISTINCT in the tally costs as much as the rest of it.
 */
function keyScreen(target: IngestTarget, kept: string, stage: Stage, columns: readonly string[]): string {
  const list = quoteList(columns);
  const both =
    stage.inTable === undefined
      ? `(SELECT ${list} FROM ${kept} UNION ALL SELECT ${list} FROM ${stage.relation})`
      : withinBatch(dataRelation(target.name), columns, stage);
  const found = `(SELECT count(*) FROM ${both} AS d JOIN ${stage.relation} AS s ON ${equalKeys('d', columns, 's', columns)})`;
  const [only, ...more] = columns;
  const present =
    only !== undefined && more.length === 0
      ? `count(${quoteIdentifier(only)})`
      : `count(*) FILTER (WHERE ${allPresent(columns)})`;
  return `abs(${found} - ${present})`;
}

function duplicateCount(columns: readonly string[]): string {
  const [only, ...more] = columns;
  if (only !== undefined && more.length === 0) {
    const column = quoteIdentifier(only);
    return `count(${column}) - count(DISTINCT ${column})`;
  }
  const present = allPresent(columns);
  const key = `struct_pack(${columns.map((column, index) => `k${index} := ${quoteIdentifier(column)}`).join(', ')})`;
  return `count(*) FILTER (WHERE ${present}) - count(DISTINCT ${key}) FILTER (WHERE ${present})`;
}
