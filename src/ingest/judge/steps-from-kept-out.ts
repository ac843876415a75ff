import type { BatchProfile } from '../profile/batch-profile.ts';
import { type ColumnProfile, measureNames } from '../profile/column-profile.ts';
import { middle } from './middle.ts';
import { stepsOfTime } from './statistic-options.ts';
import { type ColumnPast, columnHistory, type TableHistory } from './table-history.ts';

/**
 * The profile as if the updates that were kept out since the last one that was taken had come: its moments go on from
 * theirs. Each of them may have been a step of the usual length, or the same one sent again.
 */
export function stepsFromKeptOut(profile: BatchProfile, history: TableHistory): BatchProfile {
  if (history.keptOut === 0 || history.units.length === 0) return profile;
  const columns = profile.columns.map((column, index) =>
    column.kind === 'time' || column.kind === 'day'
      ? {
          ...column,
          measures: shortened(column, columnHistory(history, column.name, index), history.keptOut),
        }
      : column,
  );
  return { ...profile, columns };
}

function shortened({ kind, measures }: ColumnProfile, past: ColumnPast, keptOut: number): readonly number[] {
  return measures.map((measure, place) => {
    if (!stepsOfTime.has(measureNames[kind][place] ?? '')) return measure;
    const usual = middle(past.map((one) => one?.measures[place] ?? Number.NaN));
    const missed = Math.min(keptOut, Math.max(0, Math.round(measure / usual) - 1));
    return Number.isNaN(missed) ? measure : measure - missed * usual;
  });
}
