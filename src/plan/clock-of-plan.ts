import type { ClockFilterNode } from '../algebra/clock-filter.ts';
import { clockFiltersOf, type Scope } from '../algebra/node.ts';
import type { ViewPlan } from './view-plan.ts';

/** The conditions on the clock that a view's rows are kept by. */
export function clockFiltersOfPlan(plan: ViewPlan): ClockFilterNode<Scope, string>[] {
  switch (plan.kind) {
    case 'rows':
    case 'domain':
      return clockFiltersOf(plan.node);
    case 'group':
      return clockFiltersOf(plan.group.input);
    case 'full-only':
      return [];
  }
}
