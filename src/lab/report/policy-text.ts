import { formatDurationMs } from '../../index.ts';
import type { LearningWindow, Maintenance, Schedule } from '../policy.ts';
import { countText, numberText, shareText } from './number-text.ts';

/** When a policy refreshes, in words. */
export function scheduleText(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'never':
      return 'never';
    case 'rows':
      return `once ${countText(schedule.rows, 'row')} behind`;
    case 'interval':
      return `once ${formatDurationMs(schedule.every)} behind`;
    case 'every-update':
      return 'after every update';
    case 'on-read':
      return 'before every answer that would be stale';
    case 'max-effect':
      return `where a prediction could be off by more than ${numberText(schedule.effect)}`;
    case 'psi':
      return `population stability index of a feature above ${numberText(schedule.threshold)}, over ${countText(schedule.rows, 'row')}`;
    case 'ks':
      return `Kolmogorov–Smirnov test of each feature, ${shareText(schedule.falseAlarms)} false alarms, over ${countText(schedule.rows, 'row')}`;
    case 'adwin':
      return `ADWIN on ${schedule.on}, δ = ${numberText(schedule.delta)}`;
    case 'kswin':
      return `KSWIN on ${schedule.on}, ${shareText(schedule.falseAlarms)} false alarms, ${numberText(schedule.recent)} of ${numberText(schedule.window)} rows`;
    case 'page-hinkley':
      return `Page–Hinkley test on loss, δ = ${numberText(schedule.delta)}, threshold ${numberText(schedule.threshold)}`;
    case 'live-loss':
      return `loss of labels as they come, ${shareText(schedule.falseAlarms)} false alarms, over ${countText(schedule.rows, 'row')}`;
    case 'auto':
      return 'once what staleness has cost reaches what a refresh costs (ski rental)';
    case 'forecast':
      return 'where the loss it is expected to save exceeds what it costs';
    case 'budget':
      return `at most ${countText(schedule.refreshes, 'refresh', 'refreshes')} in ${formatDurationMs(schedule.per)}`;
  }
}

export function windowText(window: LearningWindow): string {
  switch (window.kind) {
    case 'all':
      return 'all that is known';
    case 'sliding':
      return `the last ${formatDurationMs(window.length)}`;
    case 'decay':
      return `all, half-life ${formatDurationMs(window.halfLife)}`;
  }
}

export function maintenanceText(maintenance: Maintenance): string {
  switch (maintenance) {
    case 'auto':
      return 'as is cheaper';
    case 'incremental':
      return 'incremental';
    case 'full':
      return 'full';
  }
}
