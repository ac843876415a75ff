import type { ScanNode } from '../algebra/scan.ts';
import {
  instantColumn,
  quoteIdentifier,
  quoteList,
  versionColumn,
  weightColumn,
} from '../core/identifier.ts';
import type { Moments } from '../core/moment.ts';
import type { Version } from '../core/version.ts';

/**
 * Where scans find their rows. `window`: the change is what the logs hold in (from, to], and what the clock made of
 * the rows between the moments. `probe`: every signed scan gives the relation's rows with weight 1, to ask DuckDB
 * about types while logs do not exist yet.
 */
export type RenderSource =
  | { readonly kind: 'window'; readonly from: Version; readonly to: Version; readonly moments: Moments }
  | { readonly kind: 'probe' };

const weight = quoteIdentifier(weightColumn);

export function tableOf(scan: Pick<ScanNode, 'source' | 'relation'>): string {
  return `${scan.source === 'table' ? 'data' : 'view'}.${quoteIdentifier(scan.relation)}`;
}

export function renderScan(scan: ScanNode, source: RenderSource, signed: boolean): string {
  const columns = quoteList(scan.columns);
  const present = `SELECT ${columns}${signed ? `, 1::TINYINT AS ${weight}` : ''} FROM ${tableOf(scan)}`;
  if (scan.snapshot === 'new' || source.kind === 'probe') return present;
  const version = quoteIdentifier(versionColumn);
  const later = `${version} > ${source.from} AND ${version} <= ${source.to}`;
  const at = quoteIdentifier(instantColumn);
  const { fromMs, toMs } = source.moments;
  const sameVersion = `${version} = ${source.from} AND ${at} > ${fromMs} AND ${at} <= ${toMs}`;
  const log =
    `FROM log.${quoteIdentifier(scan.relation)} ` +
    `WHERE ${scan.isClocked ? `((${later}) OR (${sameVersion}))` : later}`;
  if (scan.snapshot === 'change') return `SELECT ${columns}, ${weight} ${log}`;
  return `${present} UNION ALL SELECT ${columns}, -${weight} ${log}`;
}
