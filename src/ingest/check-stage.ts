import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { Row } from '../core/value.ts';
import type { ViolationResponse } from '../declare/definition.ts';
import type { SourceFile } from '../store/source-file.ts';
import type { Arrival } from './arrival-rule.ts';
import {
  type RejectedRow,
  type UpdateContext,
  UpdateRejected,
  type Verdict,
  type Violation,
  type ViolationCount,
  violationSample,
} from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { baseRelation } from './relation-names.ts';
import { jsonOf } from './row-sql.ts';
import type { Rule } from './rule.ts';
import { rulesOf } from './rules-of.ts';
import type { SetAside } from './set-aside.ts';
import { misfitColumn, misfitError, oldColumn, rowColumn, type Stage, stageRelation } from './stage.ts';

export type CheckOptions = {
  readonly response: ViolationResponse;
  /** Where the rows stood, for the message of a value that does not fit; null: in the update itself. */
  readonly file: SourceFile | null;
  /** What becomes of rows that break a rule under `quarantine`; leaves them off the stage, says how many. */
  readonly aside: SetAside;
  readonly context: UpdateContext;
  readonly arrival: Arrival;
};

/** What one statement finds out about the rows that wait: how many, and which rules some of them break. */
export type Tally = { readonly rows: number; readonly broken: readonly number[] };

/**
 * Checks the staged batch in one statement; only a batch that breaks something costs more. With `quarantine` the rows
 * that break a rule leave the stage: first those that break it on their own, then, key by key in the order declared,
 * later rows that repeat a key of an earlier one; and again, until what is left holds together.
 * @throws UpdateRejected, or EverviewError `invalid-row` / `file-error` for a value that does not fit.
 */
export async function checkStage(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  options: CheckOptions,
): Promise<Verdict> {
  const rules = rulesOf(target, stage, options.arrival);
  const responseOf = (index: number): ViolationResponse => rules[index]?.response ?? options.response;
  let tally = await tallyOf(tx, target, stage, rules, options.file);
  let verdict: Verdict = { rows: tally.rows, quarantined: 0, warnings: [], violations: [], counts: [] };
  const told = new Set<number>();
  for (;;) {
    const left = tally.broken.filter((index) => !told.has(index));
    if (left.length === 0) return { ...verdict, counts: merged(verdict.counts) };
    const { broken, response } = chooseBroken(rules, left, responseOf);
    await findBroken(tx, rules, broken);
    const counts = await countBroken(tx, rules);
    const violations = await sampleBroken(tx, target, stage, rules);
    if (response === 'reject') await rejectAll(tx, target, stage, rules, counts, violations);
    verdict = {
      ...verdict,
      counts: [...verdict.counts, ...counts],
      violations: [...verdict.violations, ...violations].slice(0, violationSample),
    };
    if (response === 'warn') {
      await tx.run('DROP TABLE temp."__ev_broken"');
      for (const index of broken) told.add(index);
      const warnings = counts.map((count) => warningOf(count, violations));
      verdict = { ...verdict, warnings: [...verdict.warnings, ...warnings] };
      continue;
    }
    const aside = await options.aside(tx, target, stage, rules, options.context);
    tally = await tallyOf(tx, target, stage, rules, options.file);
    verdict = { ...verdict, rows: tally.rows, quarantined: verdict.quarantined + aside };
  }
}

export async function tallyOf(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  rules: readonly Rule[],
  file: SourceFile | null,
): Promise<Tally> {
  const misfit = stage.mayMisfit
    ? [
        `min(${rowColumn}) FILTER (WHERE ${misfitColumn} IS NOT NULL) AS misfit_row`,
        `arg_min(${misfitColumn}, ${rowColumn}) AS misfit`,
      ]
    : [];
  const counts = rules.map((rule, index) => `${rule.count} AS c${index}`);
  const [row] = await tx.rows(
    `SELECT ${['count(*) AS n', ...misfit, ...counts].join(', ')} FROM ${stage.relation} AS ${quoteIdentifier(target.name)}`,
  );
  if (typeof row?.misfit === 'string')
    throw await misfitError(target, Number(row.misfit_row), row.misfit, file);
  return {
    rows: Number(row?.n ?? 0),
    broken: rules.flatMap((_, index) => (Number(row?.[`c${index}`] ?? 0) > 0 ? [index] : [])),
  };
}

type Chosen = { readonly broken: readonly number[]; readonly response: ViolationResponse };

/**
 * What to see to first: a replay, then whatever refuses the update, then what is set aside, and of what is left people are warned.
 * For quarantine own faults come before repeated keys, and one key at a time, so that first rows are kept.
 */
function chooseBroken(
  rules: readonly Rule[],
  broken: readonly number[],
  responseOf: (index: number) => ViolationResponse,
): Chosen {
  // Rows that are there already break every key: what is wrong with them is that they came again.
  const replay = broken.find((index) => rules[index]?.constraint.kind === 'replayed-batch');
  if (replay !== undefined && responseOf(replay) !== 'warn')
    return { broken: [replay], response: responseOf(replay) };
  const refuses = (index: number) => responseOf(index) === 'reject' || rules[index]?.phase === 'removal';
  if (broken.some(refuses)) return { broken, response: 'reject' };
  const aside = broken.filter((index) => responseOf(index) === 'quarantine');
  if (aside.length === 0) return { broken, response: 'warn' };
  const own = aside.filter((index) => rules[index]?.phase === 'row');
  return { broken: own.length > 0 ? own : aside.slice(0, 1), response: 'quarantine' };
}

async function findBroken(tx: Session, rules: readonly Rule[], broken: readonly number[]): Promise<void> {
  const finds = broken.map(
    (index) => `SELECT r, ${index}::INTEGER AS c, reason FROM (${rules[index]?.find}) AS f`,
  );
  await tx.run(`CREATE OR REPLACE TEMP TABLE "__ev_broken" AS ${finds.join(' UNION ALL ')}`);
}

async function countBroken(tx: Session, rules: readonly Rule[]): Promise<ViolationCount[]> {
  const rows = await tx.rows('SELECT c, count(*) AS n FROM temp."__ev_broken" GROUP BY c ORDER BY c');
  return merged(
    rows.flatMap((row) => {
      const rule = rules[Number(row.c)];
      if (rule === undefined) return [];
      const { name, kind } = rule.constraint;
      return [{ table: rule.table, constraint: name, kind, rows: Number(row.n) }];
    }),
  );
}

/** A key has two rules (against the table, within the batch); people see one constraint. */
function merged(counts: readonly ViolationCount[]): ViolationCount[] {
  const byConstraint = new Map<string, ViolationCount>();
  for (const count of counts) {
    const key = JSON.stringify([count.table, count.constraint]);
    const known = byConstraint.get(key);
    byConstraint.set(key, { ...count, rows: count.rows + (known?.rows ?? 0) });
  }
  return [...byConstraint.values()];
}

/** `s`: the staged rows with the content people know them by (for a delete, that of the row deleted). */
function contents(target: IngestTarget, stage: Stage): string {
  const json = jsonOf(target, 'x');
  if (stage.hasRows) return `(SELECT x.${rowColumn} AS r, ${json} AS content FROM ${stageRelation} AS x)`;
  return `(SELECT o.${rowColumn} AS r, ${json} AS content FROM ${baseRelation(target.name)} AS x
           JOIN ${stageRelation} AS o ON o.${oldColumn} = x.rowid)`;
}

async function sampleBroken(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  rules: readonly Rule[],
): Promise<Violation[]> {
  const rows = await tx.rows(
    `SELECT b.r, b.c, b.reason, s.content FROM (
       SELECT r, c, reason FROM temp."__ev_broken" ORDER BY r, c LIMIT ${violationSample}) AS b
     JOIN ${contents(target, stage)} AS s ON s.r = b.r ORDER BY b.r, b.c`,
  );
  return rows.flatMap((row) => {
    const rule = rules[Number(row.c)];
    if (rule === undefined) return [];
    return [
      {
        table: rule.table,
        row: Number(row.r),
        content: String(row.content),
        constraint: rule.constraint.name,
        kind: rule.constraint.kind,
        reason: String(row.reason),
      },
    ];
  });
}

function warningOf(count: ViolationCount, violations: readonly Violation[]): string {
  const first = violations.find(
    (violation) => violation.table === count.table && violation.constraint === count.constraint,
  );
  const rows = `${count.rows} ${count.rows === 1 ? 'row breaks' : 'rows break'}`;
  return `${rows} "${count.constraint}" of "${count.table}"${first === undefined ? '' : `, first: ${first.reason}`}`;
}

async function rejectAll(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  rules: readonly Rule[],
  counts: readonly ViolationCount[],
  violations: readonly Violation[],
): Promise<never> {
  const rows = await tx.rows(
    `SELECT s.content, b.c, b.reasons FROM ${contents(target, stage)} AS s
     ${stage.hasRows ? 'LEFT' : 'INNER'} JOIN (
       SELECT r, min(c) AS c, string_agg(reason, '; ' ORDER BY c) AS reasons FROM temp."__ev_broken" GROUP BY r) AS b
     ON b.r = s.r ORDER BY s.r`,
  );
  const why = violations[0]?.reason ?? 'a row breaks a constraint';
  throw new UpdateRejected(
    violations,
    merged(counts),
    // A delete brings no rows: there is nothing to keep.
    { table: target.name, rows: stage.hasRows ? rows.map((row) => rejectedRow(row, rules, why)) : [] },
    counts.some((count) => count.table !== target.name) || !stage.hasRows
      ? 'change or delete the rows that reference it first'
      : rowsHint(target, violations),
  );
}

function rowsHint({ table: { definition } }: IngestTarget, violations: readonly Violation[]): string {
  if (violations[0]?.kind === 'replayed-batch')
    return 'if they were meant to come twice, ALTER TABLE … SET (on_replay = accept), or warn, or quarantine';
  if (definition.onViolation !== 'quarantine')
    return 'correct the rows, or declare on_violation = quarantine to take the others';
  return 'on_violation = quarantine could not find the rows again to set their new form aside: that takes a PRIMARY KEY that the statement does not set; correct the statement, or leave those rows out with WHERE';
}

function rejectedRow(row: Row, rules: readonly Rule[], why: string): RejectedRow {
  const content = String(row.content);
  const rule = row.c === null ? undefined : rules[Number(row.c)];
  if (rule === undefined) {
    const reason = `rejected with its update: ${why}`;
    return { content, constraint: 'update-rejected', kind: 'update-rejected', reason };
  }
  return {
    content,
    constraint: rule.constraint.name,
    kind: rule.constraint.kind,
    reason: String(row.reasons),
  };
}
