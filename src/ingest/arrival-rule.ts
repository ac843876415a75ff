import { formatDurationMs } from '../core/duration.ts';
import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { findColumn } from '../core/schema.ts';
import { type ArrivalRuleKind, arrivalRuleName } from '../declare/arrival-rules.ts';
import type { ViolationResponse } from '../declare/definition.ts';
import type { IngestTarget } from './ingest-target.ts';
import { type Rule, remaining, shownPairs, touches } from './rule.ts';
import { oldColumn, rowColumn, type Stage, stageRelation } from './stage.ts';

/**
 * How rows come. `released`: a person let them in, so that order, lateness and replay are no longer asked about.
 * `repeats`: the update that brought these very rows before; null where none did.
 */
export type Arrival = {
  readonly nowMs: number;
  readonly kind: 'arriving' | 'released';
  readonly repeats: number | null;
};

/** What the table declares about arrival, as rules over the stage. Rows that replace others have arrived before. */
export function arrivalRules(target: IngestTarget, stage: Stage, arrival: Arrival): readonly Rule[] {
  const { arrival: declared, eventTime } = target.table.definition;
  const rules: Rule[] = [];
  if (eventTime !== null && declared.maxFutureMs !== null && touches(stage, [eventTime]))
    rules.push(futureRule(target, eventTime, declared.maxFutureMs, arrival.nowMs));
  if (arrival.kind === 'released' || stage.changed !== null) return rules;
  if (arrival.repeats !== null && declared.onReplay !== 'accept')
    rules.push(replayRule(target, arrival.repeats, declared.onReplay));
  if (eventTime === null) return rules;
  if (declared.allowedLatenessMs !== null)
    rules.push(latenessRule(target, stage, eventTime, declared.allowedLatenessMs));
  if (declared.eventTimeOrder !== 'none')
    rules.push(...orderRules(target, stage, eventTime, declared.eventTimeOrder));
  return rules;
}

function about(target: IngestTarget, kind: ArrivalRuleKind): Pick<Rule, 'constraint' | 'table'> {
  return { constraint: { kind, name: arrivalRuleName(target.name, kind) }, table: target.name };
}

function futureRule(target: IngestTarget, eventTime: string, maxFutureMs: number, nowMs: number): Rule {
  const isZoned = findColumn(target.schema, eventTime)?.type === 'TIMESTAMP WITH TIME ZONE';
  const latest = new Date(Math.floor(nowMs + maxFutureMs)).toISOString();
  const limit = isZoned ? `TIMESTAMPTZ '${latest}'` : `TIMESTAMP '${latest.slice(0, -1)}'`;
  const broken = `${quoteIdentifier(eventTime)} > ${limit}`;
  const text = quoteLiteral(
    ` is more than ${formatDurationMs(maxFutureMs)} ahead of the clock (${new Date(nowMs).toISOString()}): breaks max_future`,
  );
  return {
    ...about(target, 'max-future'),
    phase: 'row',
    count: `count(*) FILTER (WHERE ${broken})`,
    find: `SELECT ${rowColumn} AS r, ${shownPairs(target, [eventTime])} || ${text} AS reason
           FROM ${stageRelation} WHERE ${broken}`,
  };
}

function replayRule(target: IngestTarget, repeats: number, response: ViolationResponse): Rule {
  const text = quoteLiteral(
    `the same rows came with update ${repeats}: a replay, to which on_replay = ${response}`,
  );
  return {
    ...about(target, 'replayed-batch'),
    response,
    phase: 'row',
    count: 'count(*)',
    find: `SELECT ${rowColumn} AS r, ${text} AS reason FROM ${stageRelation}`,
  };
}

/** New rows as `s`, and the newest event time that the table holds, of the row's source if there are sources, as `d.newest`. */
function besideNewest(target: IngestTarget, stage: Stage, eventTime: string, relation: string): string {
  const { source } = target.table.definition.arrival;
  const time = quoteIdentifier(eventTime);
  const before = remaining(
    target,
    { ...stage, replaces: false },
    source === null ? [eventTime] : [eventTime, source],
  );
  const rows = stage.replaces ? `(SELECT * FROM ${relation} WHERE ${oldColumn} IS NULL)` : relation;
  if (source === null) return `${rows} AS s, (SELECT max(${time}) AS newest FROM ${before}) AS d`;
  const by = quoteIdentifier(source);
  return `${rows} AS s JOIN (SELECT ${by} AS source, max(${time}) AS newest FROM ${before} GROUP BY ${by}) AS d
          ON d.source IS NOT DISTINCT FROM s.${by}`;
}

/** SQL text for `of "flights"`, or `of station = 'A' in "flights"`. */
function whose(target: IngestTarget): string {
  const { source } = target.table.definition.arrival;
  const place = quoteLiteral(`"${target.name}"`);
  return source === null
    ? place
    : `${shownPairs(target, [source], 's.')} || ${quoteLiteral(' in ')} || ${place}`;
}

function latenessRule(target: IngestTarget, stage: Stage, eventTime: string, latenessMs: number): Rule {
  const time = `s.${quoteIdentifier(eventTime)}`;
  const where = `WHERE ${time} < d.newest - to_milliseconds(${latenessMs})`;
  const text = quoteLiteral(` is more than ${formatDurationMs(latenessMs)} behind the newest of `);
  return {
    ...about(target, 'allowed-lateness'),
    phase: 'row',
    count: `(SELECT count(*) FROM ${besideNewest(target, stage, eventTime, stage.relation)} ${where})`,
    find: `SELECT s.${rowColumn} AS r, ${shownPairs(target, [eventTime], 's.')} || ${text} || ${whose(target)}
                  || ' (' || CAST(d.newest AS VARCHAR) || '): breaks allowed_lateness' AS reason
           FROM ${besideNewest(target, stage, eventTime, stageRelation)} ${where}`,
  };
}

/** Against the rows that the table holds, and against those that came before in the same update. */
function orderRules(
  target: IngestTarget,
  stage: Stage,
  eventTime: string,
  order: 'ascending' | 'strict',
): readonly Rule[] {
  const time = quoteIdentifier(eventTime);
  const { source } = target.table.definition.arrival;
  const below = order === 'strict' ? '<=' : '<';
  const what = order === 'strict' ? ' is not after ' : ' is before ';
  const breaks = `: breaks event_time_order = ${order}`;
  const shownTime = shownPairs(target, [eventTime], 's.');
  const isNew = stage.replaces ? `WHERE ${oldColumn} IS NULL` : '';
  const partition = source === null ? '' : `PARTITION BY ${quoteIdentifier(source)} `;
  const earlier = `(SELECT *, max(${time}) OVER (${partition}ORDER BY ${rowColumn}
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS __ev_before FROM ${stageRelation} ${isNew}) AS s
    WHERE s.${time} ${below} s.__ev_before`;
  const held = `${besideNewest(target, stage, eventTime, stageRelation)} WHERE s.${time} ${below} d.newest`;
  return [
    {
      ...about(target, 'event-time-order'),
      phase: 'row',
      count: `(SELECT count(*) FROM ${held})`,
      find: `SELECT s.${rowColumn} AS r, ${shownTime} || ${quoteLiteral(`${what}the newest of `)} || ${whose(target)}
                    || ' (' || CAST(d.newest AS VARCHAR) || ${quoteLiteral(`)${breaks}`)} AS reason FROM ${held}`,
    },
    {
      ...about(target, 'event-time-order'),
      phase: 'duplicate',
      count: `(SELECT count(*) FROM ${earlier})`,
      find: `SELECT s.${rowColumn} AS r, ${shownTime} || ${quoteLiteral(`${what}`)} || CAST(s.__ev_before AS VARCHAR)
                    || ${quoteLiteral(`, which came before it in the same update${breaks}`)} AS reason FROM ${earlier}`,
    },
  ];
}
