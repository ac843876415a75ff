import { quoteIdentifier, quoteList, versionColumn, weightColumn } from '../../core/identifier.ts';
import { type Column, numericKindOf, type Schema } from '../../core/schema.ts';
import type { Session } from '../../core/session.ts';
import type { Version } from '../../core/version.ts';
import { tallyOf } from '../check-stage.ts';
import type { IngestTarget } from '../ingest-target.ts';
import type { BatchColumn, BatchColumns } from '../profile/batch-columns.ts';
import { logRelation } from '../relation-names.ts';
import { equalKeys, type Rule } from '../rule.ts';
import { rulesOf } from '../rules-of.ts';
import { rowColumn, type Stage, stageRelation } from '../stage.ts';

/** When and as what the update came whose copies are broken. */
export type DrilledArrival = { readonly version: Version; readonly atMs: number };

const copyRelation = 'temp."__ev_drilled"';

const stage: Stage = {
  relation: stageRelation,
  replaces: false,
  hasRows: true,
  mayMisfit: false,
  changed: null,
};

/**
 * The constraints and rules about arrival that a batch would break had it come in place of an update that the table has
 * taken: against the rows that came before that update. In temporary tables of the session; nothing else is written.
 */
export async function brokenConstraints(
  session: Session,
  target: IngestTarget,
  batch: BatchColumns,
  { version, atMs }: DrilledArrival,
): Promise<string[]> {
  const types = target.schema.flatMap((column, place) => {
    const values = batch.columns[place];
    return values === undefined || fits(column, values) ? [] : [`type of ${column.name}`];
  });
  const arrival = { nowMs: atMs, kind: 'arriving', repeats: null } as const;
  const rules = rulesOf(target, stage, arrival).map((rule) => asOfBefore(target, rule, version));
  if (rules.length === 0) return types;
  await makeStage(session, target.schema, batch);
  const { broken } = await tallyOf(session, target, stage, rules, null);
  const names = broken.flatMap((index) => rules[index]?.constraint.name ?? []);
  return [...types, ...new Set(names)];
}

export async function dropDrilled(session: Session): Promise<void> {
  await session.run(`DROP TABLE IF EXISTS ${stageRelation}`);
  await session.run(`DROP TABLE IF EXISTS ${copyRelation}`);
}

/** Integers are whole and finite; what else a column takes is told by the copy being one of its own rows. */
function fits({ type }: Column, { numbers, present }: BatchColumn): boolean {
  if (numericKindOf(type) !== 'integer') return true;
  return numbers.every((value, row) => present[row] === 0 || Number.isInteger(value));
}

/** Rules that look at the table look at what had come before the update. */
function asOfBefore(target: IngestTarget, rule: Rule, version: Version): Rule {
  const { name, schema, table } = target;
  const before = `(SELECT ${quoteList(schema.map((column) => column.name))} FROM ${logRelation(name)} WHERE ${versionColumn} < ${version} AND ${weightColumn} > 0)`;
  const { constraint } = rule;
  const isKey = constraint.kind === 'unique' || constraint.kind === 'primary-key';
  if (isKey && rule.phase === 'row') {
    const key = table.definition.constraints.find((one) => one.name === constraint.name);
    if (key === undefined || !('columns' in key)) return rule;
    const join = equalKeys('d', key.columns, 's', key.columns);
    return { ...rule, count: `(SELECT count(*) FROM ${before} AS d JOIN ${stageRelation} AS s ON ${join})` };
  }
  const { eventTime, arrival } = table.definition;
  if (eventTime === null || rule.phase !== 'row') return rule;
  const by = arrival.source === null ? '' : quoteIdentifier(arrival.source);
  const time = quoteIdentifier(eventTime);
  const newest = (broken: string) => ({
    ...rule,
    count:
      by === ''
        ? `(SELECT count(*) FROM ${stageRelation} AS s, (SELECT max(${time}) AS newest FROM ${before}) AS d WHERE ${broken})`
        : `(SELECT count(*) FROM ${stageRelation} AS s JOIN (SELECT ${by}, max(${time}) AS newest FROM ${before} GROUP BY ALL) AS d USING (${by}) WHERE ${broken})`,
  });
  if (constraint.kind === 'allowed-lateness')
    return newest(`s.${time} < d.newest - to_milliseconds(${arrival.allowedLatenessMs ?? 0})`);
  if (constraint.kind === 'event-time-order')
    return newest(`s.${time} ${arrival.eventTimeOrder === 'strict' ? '<=' : '<'} d.newest`);
  return rule;
}

async function makeStage(session: Session, schema: Schema, batch: BatchColumns): Promise<void> {
  const measured: Schema = batch.columns.map(({ kind }, place) => ({
    name: `c${place}`,
    type: kind === 'text' ? 'VARCHAR' : 'DOUBLE',
  }));
  const list = measured.map(({ name, type }) => `${name} ${type}`).join(', ');
  await session.run(`CREATE OR REPLACE TEMP TABLE "__ev_drilled" (${list})`);
  await session.append(copyRelation, measured, batch.columns.map(valuesOf));
  const columns = schema.map(
    ({ name, type }, place) =>
      `${asType(`c${place}`, type, batch.columns[place])} AS ${quoteIdentifier(name)}`,
  );
  await session.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_stage" AS SELECT row_number() OVER () AS ${rowColumn}, ${columns.join(', ')} FROM ${copyRelation}`,
  );
}

function valuesOf({ kind, numbers, texts, present }: BatchColumn): (number | string | null)[] {
  return kind === 'text'
    ? [...texts]
    : Array.from(numbers, (value, row) => (present[row] === 0 ? null : value));
}

/** What was measured of a value as the value again; of kinds that are not measured, NULL. */
function asType(name: string, type: string, column: BatchColumn | undefined): string {
  switch (column?.kind) {
    case 'number':
    case 'boolean':
    case 'text':
      return `TRY_CAST(${name} AS ${type})`;
    case 'time':
    case 'day':
      return `TRY_CAST(TRY(make_timestamp((${name} * 1000)::BIGINT)) AS ${type})`;
    default:
      return `CAST(NULL AS ${type})`;
  }
}
