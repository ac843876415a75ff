import type { Everview, Row } from '../../index.ts';
import { type DemoPlan, dateOf, dayOf, momentOf } from './demo-plan.ts';
import { double, type LinearParameters, linearSql, readParameters } from './linear-sql.ts';

/** One condition of the gate on one candidate. */
export type GateDecision = {
  readonly version: number;
  /** On which it was fitted. */
  readonly day: number;
  readonly condition: string;
  readonly candidate: number | null;
  readonly current: number | null;
  readonly threshold: number | null;
  readonly passed: boolean;
};

/** A version held against flights that came when all was repaired; no version here had seen any of them. */
export type Hindsight = {
  readonly version: number;
  readonly rmse: number;
  /** Minutes of delay predicted per minute of mean delay at the origin the day before. */
  readonly yesterdayWeight: number;
};

export type Incident = {
  readonly decisions: readonly GateDecision[];
  /** What answered while the gate said no; null when it never did. */
  readonly answered: Hindsight | null;
  readonly refused: readonly Hindsight[];
  /** Root mean square error of the mean of the answering version's training rows, on the same flights. */
  readonly meanRmse: number;
  /** The days of the flights of the hindsight. */
  readonly days: readonly [from: number, to: number];
  readonly rows: number;
};

type StoredVersion = { readonly version: number; readonly parameters: LinearParameters };

const hindsightDays = 7;

/** What the gate said from the corrupted day to the repair, and what the refused candidates would have done. */
export async function reviewIncident(engine: Everview, plan: DemoPlan): Promise<Incident> {
  const decisions = await gateDecisions(engine, plan);
  const refused = await storedVersions(engine, `status = 'failed' AND ${fittedDuring(plan)}`);
  const [answered] = await storedVersions(
    engine,
    `status <> 'failed' AND as_of < ${timestamp(plan.corruptedDay + 1)} ORDER BY version DESC LIMIT 1`,
  );
  const days = [plan.repairDay + 1, Math.min(plan.repairDay + hindsightDays, plan.days - 1)] as const;
  const held = answered === undefined ? refused : [answered, ...refused];
  const mean = answered?.parameters.labelMean ?? 0;
  const { rows, errors, meanRmse } = await errorsOf(engine, held, mean, days);
  const hindsights = held.map(({ version, parameters }, index) => ({
    version,
    rmse: errors[index] ?? Number.NaN,
    yesterdayWeight: parameters.features.find(({ name }) => name === 'yesterday_at_origin')?.weight ?? 0,
  }));
  const [first, ...others] = hindsights;
  return answered === undefined || first === undefined
    ? { decisions, answered: null, refused: hindsights, meanRmse, days, rows }
    : { decisions, answered: first, refused: others, meanRmse, days, rows };
}

function timestamp(day: number): string {
  return `TIMESTAMP '${dateOf(day)}'`;
}

/** The nights after the corrupted day up to that of the repair. */
function fittedDuring(plan: DemoPlan): string {
  return `as_of >= ${timestamp(plan.corruptedDay + 1)} AND as_of < ${timestamp(plan.repairDay + 2)}`;
}

async function gateDecisions(engine: Everview, plan: DemoPlan): Promise<GateDecision[]> {
  const { rows } = await engine.query(
    `SELECT g.*, m.as_of FROM everview.gates AS g
     JOIN (SELECT * FROM everview.model_versions WHERE ${fittedDuring(plan)}) AS m
       ON m.model = g.model AND m.version = g.version
     ORDER BY g.version, g.earlier_window NULLS FIRST, g.condition`,
  );
  return rows.map((row) => ({
    version: Number(row.version),
    day: row.as_of instanceof Date ? dayOf(row.as_of) : Number.NaN,
    condition: String(row.condition),
    candidate: numberOrNull(row.candidate),
    current: numberOrNull(row.current),
    threshold: numberOrNull(row.threshold),
    passed: row.passed === true,
  }));
}

function numberOrNull(value: Row[string] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

async function storedVersions(engine: Everview, condition: string): Promise<StoredVersion[]> {
  const { rows } = await engine.query(
    `SELECT version, parameters FROM everview.model_versions WHERE model = 'delay' AND ${condition}`,
  );
  return rows
    .map((row) => ({ version: Number(row.version), parameters: readParameters(String(row.parameters)) }))
    .sort((a, b) => a.version - b.version);
}

async function errorsOf(
  engine: Everview,
  versions: readonly StoredVersion[],
  mean: number,
  [from, to]: readonly [number, number],
): Promise<{ rows: number; errors: number[]; meanRmse: number }> {
  const predictions = [...versions.map(({ parameters }) => linearSql(parameters)), double(mean)];
  const columns = predictions.map((sql, index) => `sqrt(avg((delay - ${sql}) ** 2)) AS e${index}`);
  const { rows } = await engine.query(
    `SELECT count(*) AS flights, ${columns.join(', ')} FROM flight_features
     WHERE day BETWEEN DATE '${dateOf(from)}' AND DATE '${dateOf(to)}'`,
  );
  const errors = predictions.map((_, index) => Number(rows[0]?.[`e${index}`]));
  return {
    rows: Number(rows[0]?.flights),
    errors: errors.slice(0, -1),
    meanRmse: errors.at(-1) ?? Number.NaN,
  };
}

/** Root mean square error on one day's flights of the version that answered when they came, as all stands now. */
export async function errorInHindsight(engine: Everview, day: number): Promise<number> {
  const versions = await storedVersions(
    engine,
    `status <> 'failed' AND as_of < TIMESTAMP '${momentOf(day, 7).toISOString().slice(0, 19)}' ORDER BY version DESC LIMIT 1`,
  );
  const { errors } = await errorsOf(engine, versions, 0, [day, day]);
  return errors[0] ?? Number.NaN;
}
