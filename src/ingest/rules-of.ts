import type { Constraint } from '../declare/definition.ts';
import { type Arrival, arrivalRules } from './arrival-rule.ts';
import type { IngestTarget } from './ingest-target.ts';
import { keyRules } from './key-rule.ts';
import { referenceRules, removalRules } from './reference-rule.ts';
import { checkRule, notNullRule } from './row-rule.ts';
import { type Rule, touches } from './rule.ts';
import type { Stage } from './stage.ts';

/** The rules as questions whether a batch breaks anything at all, and no more. */
export function screensOf(target: IngestTarget, stage: Stage, arrival: Arrival): readonly Rule[] {
  return rulesOf(target, stage, arrival).flatMap((rule) => {
    const { screen } = rule;
    return screen === null ? [] : [{ ...rule, count: screen ?? rule.count }];
  });
}

/** Every rule that a staged batch could break. */
export function rulesOf(target: IngestTarget, stage: Stage, arrival: Arrival): readonly Rule[] {
  const removals = stage.replaces ? removalRules(target, stage) : [];
  if (!stage.hasRows) return removals;
  const rows = target.table.definition.constraints.flatMap((constraint) => ruleOf(target, constraint, stage));
  return [...rows, ...arrivalRules(target, stage, arrival), ...removals];
}

function ruleOf(target: IngestTarget, constraint: Constraint, stage: Stage): readonly Rule[] {
  switch (constraint.kind) {
    case 'not-null':
      return touches(stage, [constraint.column]) ? [notNullRule(target, constraint)] : [];
    case 'check':
      return [checkRule(target, constraint)];
    case 'unique':
    case 'primary-key':
      return touches(stage, constraint.columns) ? keyRules(target, constraint, stage) : [];
    case 'references':
      return touches(stage, constraint.columns) ? referenceRules(target, constraint, stage) : [];
  }
}
