import { formatDurationMs } from '../../index.ts';
import type { LearningWindow, Maintenance, Schedule } from '../policy.ts';

/** When, as people read it: `every 1 day`, `PSI above 0.2`. */
export function scheduleName(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'never':
      return 'never';
    case 'rows':
      return `every ${counted(schedule.rows, 'row')}`;
    case 'interval':
      return `every ${formatDurationMs(schedule.every)}`;
    case 'every-update':
      return 'every update';
    case 'on-read':
      return 'on read';
    case 'max-effect':
      return `effect at most ${schedule.effect}`;
    case 'psi':
      return `PSI above ${schedule.threshold} (${counted(schedule.rows, 'row')})`;
    case 'ks':
      return `KS at ${schedule.falseAlarms} (${counted(schedule.rows, 'row')})`;
    case 'adwin':
      return `ADWIN of ${schedule.on} at ${schedule.delta}`;
    case 'kswin':
      return `KSWIN of ${schedule.on} at ${schedule.falseAlarms} (${schedule.recent} of ${schedule.window})`;
    case 'page-hinkley':
      return `Page-Hinkley ${schedule.delta}, ${schedule.threshold}`;
    case 'live-loss':
      return `live loss at ${schedule.falseAlarms} (${counted(schedule.rows, 'row')})`;
    case 'auto':
      return 'auto';
    case 'forecast':
      return 'forecast';
    case 'budget':
      return `at most ${schedule.refreshes} per ${formatDurationMs(schedule.per)}`;
  }
}

/** `every 1 day · sliding 30 days · full`; what every policy does unless it says otherwise is left out. */
export function policyName(schedule: string, window: LearningWindow, maintenance: Maintenance): string {
  const parts = [schedule, windowName(window), maintenance === 'auto' ? null : maintenance];
  return parts.filter((part) => part !== null).join(' · ');
}

function windowName(window: LearningWindow): string | null {
  switch (window.kind) {
    case 'all':
      return null;
    case 'sliding':
      return `sliding ${formatDurationMs(window.length)}`;
    case 'decay':
      return `half-life ${formatDurationMs(window.halfLife)}`;
  }
}

function counted(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
