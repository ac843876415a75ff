import { EverviewError } from '../../src/core/errors.ts';
import type { Answer, Everview } from '../../src/index.ts';
import { contentsSql, differenceOf, rowsOfTarget, type Target } from './compare-contents.ts';
import type { PolicyShape, ViewShape } from './history.ts';
import type { Random } from './random.ts';
import type { ReferenceEngine } from './reference/reference-engine.ts';
import { columnsOf, relationsOf, type ViewQuery } from './reference/view-query.ts';
import { querySql } from './reference/view-query-sql.ts';

/** A difference between the engine and the reference. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

/**
 * Reads the tables and views. What must be fresh at every read is read together, the rest one by one, so that reading
 * does not refresh what may wait. Every answer must equal the reference at the version it names.
 *
 * @param random picks the one of the rest that is read; null: all are
 */
export async function checkContents(
  db: Everview,
  reference: ReferenceEngine,
  random: Random | null,
): Promise<void> {
  const tables = reference
    .tables()
    .map(({ shape }): Target => ({ label: shape.name, from: shape.name, columns: shape.columns }));
  const eager = reference.views().filter((view) => isEager(reference, view));
  const together = [...tables, ...eager.map(targetOf)];
  if (together.length > 0) await checkAnswer(db, reference, together, true);
  const lazy = reference.views().filter((view) => !eager.includes(view));
  const read = random === null ? lazy : random.sample(lazy, 1);
  for (const view of read) await checkAnswer(db, reference, [targetOf(view)], false);
}

/**
 * Some tables and views together, as a query that lets nothing be refreshed and nothing be stale: at the newest
 * version, from whatever contents there are and what is pending on them.
 */
export async function checkCompensated(
  db: Everview,
  reference: ReferenceEngine,
  random: Random,
): Promise<void> {
  const tables = reference
    .tables()
    .map(({ shape }): Target => ({ label: shape.name, from: shape.name, columns: shape.columns }));
  const targets = [...tables, ...reference.views().map(targetOf)].filter(() => random.chance(0.5));
  if (targets.length === 0) return;
  const answer = await db.query(
    `${contentsSql(targets)} WITH (max_staleness = INTERVAL '0 seconds', on_stale_read = compensate)`,
  );
  const names = targets.map((target) => target.label).join(', ');
  if (answer.version !== reference.version || answer.path === 'refreshed-first') {
    throw new Difference(`${names}, to be compensated, answered at ${answer.version}, ${answer.path}`);
  }
  for (const target of targets) {
    const expected = reference.relationAt(target.label, answer.version);
    const difference = differenceOf(expected, rowsOfTarget(target, answer.rows));
    if (difference !== null)
      throw new Difference(`${target.label} (${answer.path}, of ${names}) ${difference}`);
  }
}

function targetOf(view: ViewShape): Target {
  return { label: view.name, from: view.name, columns: columnsOf(view.query) };
}

/** Whether the view, and all it is read through, promises to be fresh at every read. */
function isEager(reference: ReferenceEngine, view: ViewShape): boolean {
  if (view.materialized) return isFreshAtRead(view.policy);
  return relationsOf(view.query).every((name) => {
    const inner = reference.view(name);
    return inner === undefined || isEager(reference, inner);
  });
}

function isFreshAtRead(policy: PolicyShape): boolean {
  return policy.refresh !== 'manual' && policy.maxStalenessMs === null && policy.maxRows === null;
}

async function checkAnswer(
  db: Everview,
  reference: ReferenceEngine,
  targets: readonly Target[],
  mustBeFresh: boolean,
): Promise<void> {
  const answer = await tryQuery(
    db,
    reference,
    contentsSql(targets),
    targets.map((target) => target.label),
  );
  if (answer === null) return;
  const names = targets.map((target) => target.label).join(', ');
  checkProvenance(reference, answer, names);
  if (mustBeFresh && answer.version !== reference.version) {
    throw new Difference(
      `${names} answered at version ${answer.version} of ${reference.version}, with fresh policies`,
    );
  }
  for (const target of targets) {
    const expected = reference.relationAt(target.label, answer.version);
    const difference = differenceOf(expected, rowsOfTarget(target, answer.rows));
    if (difference !== null) {
      throw new Difference(`${target.label} at version ${answer.version} (${answer.path}) ${difference}`);
    }
  }
}

/** Null when the engine refuses because a view is staler than declared, and it is. */
async function tryQuery(
  db: Everview,
  reference: ReferenceEngine,
  sql: string,
  names: readonly string[],
): Promise<Answer | null> {
  try {
    return await db.query(sql);
  } catch (failure) {
    if (!(failure instanceof EverviewError) || failure.code !== 'staleness-exceeded') throw failure;
    const reads = names.flatMap((name) => withinOf(reference, name));
    if (reads.some((name) => reference.view(name)?.policy.onStaleRead === 'fail')) return null;
    throw failure;
  }
}

/** The relation and every view it is read through. */
function withinOf(reference: ReferenceEngine, name: string): string[] {
  const view = reference.view(name);
  if (view === undefined) return [name];
  return [name, ...relationsOf(view.query).flatMap((one) => withinOf(reference, one))];
}

/** No view is ahead of the database, and one that calls itself up to date is. */
function checkProvenance(reference: ReferenceEngine, answer: Answer, names: string): void {
  if (answer.version > reference.version) {
    throw new Difference(`${names} answered at version ${answer.version}, ahead of ${reference.version}`);
  }
  for (const report of answer.staleness) {
    if (report.asOf > reference.version) {
      throw new Difference(`"${report.name}" is as of version ${report.asOf}, ahead of ${reference.version}`);
    }
    if (report.versions === 0 && reference.hasChangedSince(report.name, report.asOf)) {
      throw new Difference(
        `"${report.name}" calls itself fresh as of ${report.asOf}, and its tables have changed since`,
      );
    }
    const policy = reference.view(report.name)?.policy;
    if (policy?.maxStalenessMs != null && report.policyMet && report.ms > policy.maxStalenessMs) {
      throw new Difference(
        `"${report.name}" is ${report.ms} ms stale, says its policy is met, and it is not`,
      );
    }
    if (!report.policyMet && policy?.onStaleRead !== 'serve') {
      throw new Difference(`"${report.name}" answered beyond its policy, which does not allow that`);
    }
  }
}

/** Every table, and some views by their definitions, at some version of the past. */
export async function checkPast(db: Everview, reference: ReferenceEngine, random: Random): Promise<void> {
  const names = [
    ...reference.tables().map(({ shape }) => shape.name),
    ...reference.views().flatMap((view) => (random.chance(0.3) ? [view.name] : [])),
  ];
  const versions = names.map((name) => random.int(reference.firstVersionOf(name), reference.version));
  const targets = names.map((name, place): Target => {
    const from = `${name} AT (VERSION => ${versions[place]})`;
    return { label: name, from, columns: reference.columnsOf(name) };
  });
  if (targets.length === 0) return;
  const { rows } = await db.query(contentsSql(targets));
  for (const [place, target] of targets.entries()) {
    const version = versions[place] ?? 0;
    const difference = differenceOf(reference.relationAt(target.label, version), rowsOfTarget(target, rows));
    if (difference !== null) throw new Difference(`${target.label} AT (VERSION => ${version}) ${difference}`);
  }
}

export async function checkQuery(db: Everview, reference: ReferenceEngine, query: ViewQuery): Promise<void> {
  const columns = columnsOf(query);
  if (columns.length === 0) return;
  const target: Target = { label: 'query', from: `(${querySql(query)}) AS q`, columns };
  const answer = await tryQuery(db, reference, contentsSql([target]), relationsOf(query));
  if (answer === null) return;
  checkProvenance(reference, answer, 'the query');
  const difference = differenceOf(
    reference.queryAt(query, answer.version),
    rowsOfTarget(target, answer.rows),
  );
  if (difference !== null)
    throw new Difference(`${querySql(query)} at version ${answer.version} ${difference}`);
}

/** As many rows are held for each table as should be. */
export async function checkQuarantine(db: Everview, reference: ReferenceEngine): Promise<void> {
  const { rows } = await db.query(
    `SELECT "table" AS t, count(*) AS n FROM everview.quarantine WHERE state = 'held' GROUP BY ALL`,
  );
  const held = new Map(rows.map((row) => [String(row.t), Number(row.n)]));
  for (const { shape, held: expected } of reference.tables()) {
    const found = held.get(shape.name) ?? 0;
    if (found !== expected.length) {
      throw new Difference(`${found} rows of ${shape.name} are held, and ${expected.length} should be`);
    }
  }
}
