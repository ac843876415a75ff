import { EverviewError } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { LearningWindow, Maintenance, Policy, Schedule } from '../policy.ts';
import { canonicalJson } from './canonical-json.ts';
import { policyName, scheduleName } from './policy-name.ts';

/** Policies × windows × maintenance; an entry that names its own window or maintenance is not crossed with those. */
export function expandPolicies(experiment: Experiment): readonly Policy[] {
  const policies = experiment.policies.flatMap((entry) => {
    const {
      schedule,
      name = null,
      window = null,
      maintenance = null,
    } = 'schedule' in entry ? entry : { schedule: entry };
    const windows = window === null ? experiment.windows : [window];
    const ways = maintenance === null ? experiment.maintenance : [maintenance];
    const isCrossed = windows.length * ways.length > 1;
    return windows.flatMap((of) =>
      ways.map((way): Policy => {
        const given = name === null || isCrossed ? policyName(name ?? scheduleName(schedule), of, way) : name;
        return { name: given, schedule, window: of, maintenance: way };
      }),
    );
  });
  assertDistinct(policies);
  return policies;
}

/** For each window and maintenance that occurs, the policy whose models the best schedule in hindsight chooses from. */
export function matrixPolicies(policies: readonly Policy[]): readonly Policy[] {
  const schedule: Schedule = { kind: 'every-update' };
  const found = new Map<string, Policy>();
  for (const { window, maintenance } of policies) {
    const name = policyName(scheduleName(schedule), window, maintenance);
    found.set(lineOf(window, maintenance), { name, schedule, window, maintenance });
  }
  return [...found.values()];
}

function lineOf(window: LearningWindow, maintenance: Maintenance): string {
  return canonicalJson([window, maintenance]);
}

function assertDistinct(policies: readonly Policy[]): void {
  const seen = new Set<string>();
  for (const { name } of policies) {
    if (seen.has(name)) {
      throw new EverviewError('invalid-experiment', `two policies of the experiment are called "${name}"`, {
        hint: 'give one of them another `name`, or leave it out if it is the same',
      });
    }
    seen.add(name);
  }
}
