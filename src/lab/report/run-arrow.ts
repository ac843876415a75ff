import { tableToIPC } from 'apache-arrow';
import { type Column, type Row, toArrow } from '../../index.ts';
import type { RunResult } from '../cell-result.ts';
import type { PolicySummary, Quantiles } from '../policy-summary.ts';

/** Arrow files (IPC, random access) of a run. */
export type RunArrow = {
  /** A row a policy. */
  readonly summaries: Uint8Array;
  /** A row a policy, seed and step. */
  readonly steps: Uint8Array;
  /** A row a policy, seed and refresh. */
  readonly refreshes: Uint8Array;
};

export function writeRunArrow(run: RunResult, summaries: readonly PolicySummary[]): RunArrow {
  return {
    summaries: arrowFile(summaryColumns, summaries.map(summaryRow)),
    steps: arrowFile(stepColumns, stepRows(run)),
    refreshes: arrowFile(refreshColumns, refreshRows(run)),
  };
}

function arrowFile(columns: readonly Column[], rows: readonly Row[]): Uint8Array {
  return tableToIPC(toArrow({ columns, rows }), 'file');
}

function columnsOf(types: Readonly<Record<string, string>>): Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}

const stepColumns = columnsOf({
  policy: 'VARCHAR',
  seed: 'INTEGER',
  step: 'INTEGER',
  at: 'TIMESTAMP',
  rows: 'INTEGER',
  loss_sum: 'DOUBLE',
  answers: 'INTEGER',
  active_since: 'INTEGER',
  stale_versions: 'DOUBLE',
  stale_rows: 'DOUBLE',
  stale_ms: 'DOUBLE',
  stale_effect: 'DOUBLE',
  pending_labels: 'DOUBLE',
  outside_bound: 'INTEGER',
  labels: 'INTEGER',
});

function stepRows({ cells }: RunResult): Row[] {
  return cells.flatMap((cell) =>
    cell.atMs.map(
      (atMs, step): Row => ({
        policy: cell.policy.name,
        seed: cell.seed,
        step,
        at: new Date(atMs),
        rows: cell.rows[step] ?? null,
        loss_sum: cell.lossSum[step] ?? null,
        answers: cell.answers[step] ?? null,
        active_since: cell.activeSince[step] ?? null,
        stale_versions: cell.staleVersions[step] ?? null,
        stale_rows: cell.staleRows[step] ?? null,
        stale_ms: cell.staleMs[step] ?? null,
        stale_effect: cell.staleEffect[step] ?? null,
        pending_labels: cell.pendingLabels[step] ?? null,
        outside_bound: cell.outsideBound[step] ?? null,
        labels: cell.labels[step] ?? null,
      }),
    ),
  );
}

const refreshColumns = columnsOf({
  policy: 'VARCHAR',
  seed: 'INTEGER',
  at: 'TIMESTAMP',
  step: 'INTEGER',
  kind: 'VARCHAR',
  reason: 'VARCHAR',
  because: 'VARCHAR',
  changed_rows: 'INTEGER',
  training_rows: 'INTEGER',
  rows_scanned: 'DOUBLE',
  promoted: 'BOOLEAN',
  model_version: 'INTEGER',
  data_to_model_ms: 'DOUBLE',
  negative_flips: 'INTEGER',
});

function refreshRows({ cells }: RunResult): Row[] {
  return cells.flatMap(({ policy, seed, refreshes }) =>
    refreshes.map(
      (mark): Row => ({
        policy: policy.name,
        seed,
        at: new Date(mark.atMs),
        step: mark.step,
        kind: mark.kind,
        reason: mark.reason,
        because: mark.because,
        changed_rows: mark.changedRows,
        training_rows: mark.trainingRows,
        rows_scanned: mark.rowsScanned,
        promoted: mark.promoted,
        model_version: mark.modelVersion,
        data_to_model_ms: mark.dataToModelMs,
        negative_flips: mark.negativeFlips,
      }),
    ),
  );
}

/** Of a measure with quantiles, one column each. */
function quantileColumns(name: string): Record<string, string> {
  return { [`${name}_median`]: 'DOUBLE', [`${name}_p90`]: 'DOUBLE', [`${name}_max`]: 'DOUBLE' };
}

function quantileValues(name: string, of: Quantiles | null): Row {
  return {
    [`${name}_median`]: of?.median ?? null,
    [`${name}_p90`]: of?.p90 ?? null,
    [`${name}_max`]: of?.max ?? null,
  };
}

const summaryColumns = columnsOf({
  policy: 'VARCHAR',
  /** As JSON. */
  schedule: 'VARCHAR',
  window: 'VARCHAR',
  maintenance: 'VARCHAR',
  on_front: 'BOOLEAN',
  seeds: 'INTEGER',
  rows: 'DOUBLE',
  mean_loss: 'DOUBLE',
  incremental_refreshes: 'DOUBLE',
  full_refreshes: 'DOUBLE',
  empty_refreshes: 'DOUBLE',
  promotions: 'DOUBLE',
  cpu_seconds: 'DOUBLE',
  refresh_cpu_seconds: 'DOUBLE',
  billed_seconds: 'DOUBLE',
  rows_scanned: 'DOUBLE',
  ...quantileColumns('stale_versions'),
  ...quantileColumns('stale_rows'),
  ...quantileColumns('stale_ms'),
  ...quantileColumns('stale_effect'),
  ...quantileColumns('data_to_model_ms'),
  outside_bound: 'DOUBLE',
  negative_flips_per_promotion: 'DOUBLE',
  cost_loss: 'DOUBLE',
  cost_staleness: 'DOUBLE',
  hindsight_loss: 'DOUBLE',
  hindsight_staleness: 'DOUBLE',
});

function summaryRow(summary: PolicySummary): Row {
  const { policy, refreshes, staleness, cost, hindsight } = summary;
  return {
    policy: policy.name,
    schedule: JSON.stringify(policy.schedule),
    window: JSON.stringify(policy.window),
    maintenance: policy.maintenance,
    on_front: summary.isOnFront,
    seeds: summary.seeds,
    rows: summary.rows,
    mean_loss: summary.meanLoss,
    incremental_refreshes: refreshes.incremental,
    full_refreshes: refreshes.full,
    empty_refreshes: refreshes.none,
    promotions: summary.promotions,
    cpu_seconds: summary.cpuSeconds,
    refresh_cpu_seconds: summary.refreshCpuSeconds,
    billed_seconds: summary.billedSeconds,
    rows_scanned: summary.rowsScanned,
    ...quantileValues('stale_versions', staleness.versions),
    ...quantileValues('stale_rows', staleness.rows),
    ...quantileValues('stale_ms', staleness.ms),
    ...quantileValues('stale_effect', staleness.effect),
    ...quantileValues('data_to_model_ms', summary.dataToModelMs),
    outside_bound: summary.outsideBound,
    negative_flips_per_promotion: summary.negativeFlipsPerPromotion,
    cost_loss: cost.loss,
    cost_staleness: cost.staleness,
    hindsight_loss: hindsight.loss,
    hindsight_staleness: hindsight.staleness,
  };
}
