import type { LiveIncident } from '../core/incident.ts';
import { sameName } from '../core/schema.ts';
import { holdoutRowsOf, type LiveLosses, type LiveSeries } from '../promote/live-losses.ts';
import { liveMetricTable } from '../promote/live-metrics.ts';
import { promisedLoss, promisedMetrics, worstPromised } from '../promote/live-promise.ts';
import { intervalOf } from '../promote/loss-sequence.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineState } from './engine-state.ts';
import { moveIncident, reportIncident } from './incidents.ts';
import { incidentAgainst, liveSubject } from './model-incidents.ts';
import { liveIncident } from './replace-incident.ts';
import type { WriteDraft } from './write-draft.ts';

function liveIncidentsOf(state: EngineState, entry: ModelEntry): LiveIncident[] {
  return state.incidents.filter(
    (live) => live.kind === 'live-performance' && sameName(live.name, nameOf(entry)),
  );
}

/** An incident about a version that answers no more. */
export function hasStaleLiveIncident(state: EngineState, entry: ModelEntry): boolean {
  const answering = answeringModel(state, nameOf(entry));
  return liveIncidentsOf(state, entry).some(
    ({ subject }) => answering === null || subject !== liveSubject(answering.modelVersion),
  );
}

/**
 * Opens an incident once it is proven that the version that answers loses more than its promotion promised (at the
 * interval's risk for all looks together), and ends those of versions that answer no more. Where a table that the
 * model learns from is under an incident that blocks, that is the cause, and there is no other.
 */
export async function noteLivePerformance(
  draft: WriteDraft,
  entry: ModelEntry,
  losses: LiveLosses,
): Promise<void> {
  const answering = answeringModel(draft.state, nameOf(entry));
  const subject = answering === null ? null : liveSubject(answering.modelVersion);
  for (const live of liveIncidentsOf(draft.state, entry)) {
    if (live.subject === subject) continue;
    const why = subject === null ? 'no version answers any more' : `${subject} answers now`;
    await moveIncident(draft, live, 'resolved', { who: 'everview', why });
  }
  if (answering === null || subject === null) return;
  const series = await losses.seriesOf(answering.modelVersion);
  const scores = await losses.scoresOf(answering.modelVersion);
  const broken = brokenPromise(entry, series, holdoutRowsOf(scores));
  if (broken === null || incidentAgainst(draft.state, entry, 'block', ['live-performance']) !== undefined)
    return;
  const known = liveIncident(draft.state, { kind: 'live-performance', name: nameOf(entry), subject });
  const expiresAtMs = known?.state === 'accepted' ? known.expiresAtMs : null;
  if (known !== undefined && (expiresAtMs === null || expiresAtMs > draft.nowMs)) return;
  await reportIncident(draft, {
    kind: 'live-performance',
    name: nameOf(entry),
    subject,
    cause: null,
    severity: 'block',
    columns: [],
    detail: `${subject} of model "${nameOf(entry)}" does worse than its promotion promised: ${broken.detail}`,
    rows: broken.rows,
    sample: [],
    response: 'none',
    updateId: null,
  });
}

/** Null: nothing is proven. */
function brokenPromise(
  { plan, declared }: ModelEntry,
  series: readonly LiveSeries[],
  holdoutRows: number,
): { readonly detail: string; readonly rows: number } | null {
  if (plan.task === 'none') return null;
  const { gate } = declared.definition;
  for (const metric of promisedMetrics(gate, plan.task)) {
    const whole = series.find((one) => one.column === null && one.metric === metric);
    if (whole === undefined || whole.atPromotion === null) continue;
    const facts = liveMetricTable[metric];
    const interval = intervalOf(facts.sequence, whole.sequence);
    const worst = worstPromised(gate, metric, whole.atPromotion);
    if (interval === null) continue;
    const most = promisedLoss(metric, worst, holdoutRows, whole.scale, whole.sequence);
    if (!(interval.lower > most)) continue;
    const told = (loss: number) => Number(facts.scoreOf(loss, whole.scale).toPrecision(4));
    const { rows, mean } = whole.sequence;
    return {
      rows,
      detail: `${metric} ${told(mean)} over ${rows} labels, ${told(interval.lower)} at best, where ${Number(whole.atPromotion.toPrecision(4))} was measured and ${told(most)} is within the margin`,
    };
  }
  return null;
}
