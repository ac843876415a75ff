import { Adwin } from '../detectors/adwin.ts';
import { Kswin } from '../detectors/kswin.ts';
import { PageHinkley } from '../detectors/page-hinkley.ts';
import type { Schedule } from '../policy.ts';
import type { RefreshTrigger } from '../trigger.ts';
import { AlarmTrigger } from './alarm-trigger.ts';
import { Budget } from './budget.ts';
import type { ChangeWatch } from './change-watch.ts';
import { FeatureDrift } from './feature-drift.ts';
import { createStabilityTest, distributionTest } from './feature-tests.ts';
import { Forecast } from './forecast.ts';
import { LiveLoss } from './live-loss.ts';
import { FeatureStreams, halfCodes, LossStream, placeCodes, type StreamDetector } from './stream-drift.ts';

export type TriggerSettings = {
  /** Price of one unit of loss, as in the experiment. */
  readonly lossPrice: number;
};

/** Whoever decides about refreshes under a schedule; null: the engine keeps the schedule itself. */
export function createTrigger(schedule: Schedule, settings: TriggerSettings): RefreshTrigger | null {
  switch (schedule.kind) {
    case 'never':
    case 'rows':
    case 'interval':
    case 'every-update':
    case 'on-read':
    case 'max-effect':
    case 'auto':
      return null;
    case 'psi':
    case 'ks':
    case 'adwin':
    case 'kswin':
    case 'page-hinkley':
    case 'live-loss':
      return new AlarmTrigger(createWatch(schedule));
    case 'forecast':
      return new Forecast(settings.lossPrice);
    case 'budget':
      return new Budget(schedule.refreshes, schedule.per);
  }
}

type DriftKind = 'psi' | 'ks' | 'adwin' | 'kswin' | 'page-hinkley' | 'live-loss';

function createWatch(schedule: Extract<Schedule, { kind: DriftKind }>): ChangeWatch {
  switch (schedule.kind) {
    case 'psi':
      return new FeatureDrift(createStabilityTest(schedule.threshold), schedule.rows, schedule.falseAlarms);
    case 'ks':
      return new FeatureDrift(distributionTest, schedule.rows, schedule.falseAlarms);
    case 'adwin':
      return schedule.on === 'loss'
        ? new LossStream(() => riseOf(new Adwin(schedule.delta)))
        : new FeatureStreams((streams) => changeOf(new Adwin(schedule.delta / streams)), halfCodes);
    case 'kswin': {
      const create = (streams: number) =>
        new Kswin(schedule.falseAlarms / streams, schedule.window, schedule.recent);
      return schedule.on === 'loss'
        ? new LossStream(() => riseOf(create(1)))
        : new FeatureStreams((streams) => changeOf(create(streams)), placeCodes);
    }
    case 'page-hinkley':
      return new LossStream(() => pageHinkleyRise(schedule.delta, schedule.threshold));
    case 'live-loss':
      return new LiveLoss(schedule.rows, schedule.falseAlarms);
  }
}

type ChangeDetector = { add(value: number): number | null };

/** A loss that fell calls for nothing. */
function riseOf(detector: ChangeDetector): StreamDetector {
  return (value) => {
    const rise = detector.add(value);
    return rise === null || rise <= 0 ? null : `has a mean ${rise.toPrecision(3)} higher than before`;
  };
}

function changeOf(detector: ChangeDetector): StreamDetector {
  return (value) => (detector.add(value) === null ? null : 'has another distribution than before');
}

function pageHinkleyRise(delta: number, threshold: number): StreamDetector {
  const detector = new PageHinkley(delta, threshold);
  return (value) => (detector.add(value) ? 'has risen for good' : null);
}
