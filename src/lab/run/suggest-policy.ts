import type { RunResult } from '../cell-result.ts';
import { keeperOf, policyStatements } from '../replay/policy-statements.ts';
import { type Suggestion, type SuggestOptions, suggest } from '../suggest/suggest.ts';

/** The cheapest policy of a run that SQL can declare, with the statements that do, and how sure that is. */
export function suggestPolicy(
  run: RunResult,
  options: Omit<SuggestOptions, 'statementsOf'> = {},
): Suggestion {
  return suggest(run, {
    ...options,
    statementsOf: (policy) =>
      keeperOf(policy.schedule) === 'trigger' ? null : policyStatements(policy, run, run.lossScale),
  });
}
