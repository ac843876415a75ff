import type { BroadChange, BroadStep, BroadTable, BroadView } from './broad-history.ts';
import { renderQuery } from './broad-query.ts';
import { sqlTypes } from './broad-value.ts';
import type { PolicyShape } from './history.ts';

/** The step as SQL a person can run; steps that are calls are comments. */
export function broadStepSql(step: BroadStep): string {
  switch (step.kind) {
    case 'create-table':
      return `CREATE TABLE ${step.table.name} (${tableBody(step.table, true)})`;
    case 'create-view':
      return createViewSql(step.view, step.orReplace);
    case 'drop-view':
      return `DROP VIEW ${step.name} CASCADE`;
    case 'update':
      return updateSql(step.changes);
    case 'refresh':
      return `REFRESH ${step.name}${step.how === 'auto' ? '' : ` ${step.how.toUpperCase()}`}`;
    case 'advance':
      return `-- clock: ${step.ms} ms later`;
    case 'tick':
      return '-- step()';
    case 'reopen':
      return '-- close() and open()';
  }
}

/** Columns, and for Everview the key: bare DuckDB would build an index that forbids what is allowed in one update. */
export function tableBody(table: BroadTable, withKey: boolean): string {
  const columns = table.columns.map((column) => `${column.name} ${sqlTypes[column.type]}`);
  return [...columns, ...(withKey && table.key !== null ? [`PRIMARY KEY (${table.key})`] : [])].join(', ');
}

function createViewSql(view: BroadView, orReplace: boolean): string {
  const kind = view.isMaterialized ? 'MATERIALIZED VIEW' : 'VIEW';
  const options = view.isMaterialized ? policyOptions(view.policy) : [];
  const policy = options.length === 0 ? '' : ` WITH (${options.join(', ')})`;
  return `CREATE ${orReplace ? 'OR REPLACE ' : ''}${kind} ${view.name}${policy} AS ${renderQuery(view.query)}`;
}

function policyOptions({ refresh, maxStalenessMs, maxRows, onStaleRead }: PolicyShape): string[] {
  return [
    ...(refresh === null ? [] : [`refresh = ${refresh}`]),
    ...(maxStalenessMs === null ? [] : [`max_staleness = INTERVAL '${maxStalenessMs / 1_000} seconds'`]),
    ...(maxRows === null ? [] : [`max_rows = ${maxRows}`]),
    ...(onStaleRead === null ? [] : [`on_stale_read = ${onStaleRead}`]),
  ];
}

function updateSql(changes: readonly BroadChange[]): string {
  const statements = changes.map(changeSql);
  if (statements.length === 1) return statements.join('');
  return ['BEGIN', ...statements, 'COMMIT'].join(';\n');
}

export function changeSql(change: BroadChange): string {
  if (change.kind === 'statement') return change.sql;
  return `INSERT INTO ${change.table} VALUES ${change.rows.map((row) => `(${row.join(', ')})`).join(', ')}`;
}
