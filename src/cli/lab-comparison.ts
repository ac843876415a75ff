import type { Row } from '../index.ts';
import type { Difference, PolicyComparison, RunComparison } from '../lab/laboratory.ts';
import { digits } from './figure-text.ts';
import { tableLines } from './table.ts';
import type { Output } from './terminal.ts';

const columns = [
  { name: 'policy', type: 'VARCHAR' },
  { name: 'loss', type: 'DECIMAL(38,4)' },
  { name: 'earlier', type: 'DECIMAL(38,4)' },
  { name: 'difference', type: 'DECIMAL(38,4)' },
  { name: 'between', type: 'VARCHAR' },
  { name: 'billed', type: 'DECIMAL(38,4)' },
  { name: 'refreshes', type: 'DECIMAL(38,4)' },
];

/** An earlier run beside this one, policy by policy. */
export function* comparisonLines(
  { policies, confidence, isSameExperiment, onlyInLeft, onlyInRight }: RunComparison,
  output: Pick<Output, 'colors' | 'widthColumns'>,
): Iterable<string> {
  const { colors } = output;
  yield isSameExperiment
    ? 'beside the earlier result, of the same experiment and data:'
    : 'beside the earlier result, of another experiment or other data:';
  if (policies.length > 0) yield* tableLines({ columns, rows: policies.map(rowOf) }, output);
  if (onlyInLeft.length > 0) yield `only in the earlier result: ${onlyInLeft.join(', ')}`;
  if (onlyInRight.length > 0) yield `new: ${onlyInRight.join(', ')}`;
  yield colors.dim(
    `${confidence * 100} % of histories such as this have the difference between; ! is more than chance explains`,
  );
}

function rowOf({ name, meanLoss, billedSeconds, refreshes }: PolicyComparison): Row {
  return {
    policy: name,
    loss: digits(meanLoss.right),
    earlier: digits(meanLoss.left),
    difference: digits(meanLoss.difference),
    between: `${digits(meanLoss.interval.lower)} to ${digits(meanLoss.interval.upper)}${mark(meanLoss)}`,
    billed: `${digits(billedSeconds.left)} → ${digits(billedSeconds.right)} s${mark(billedSeconds)}`,
    refreshes: `${digits(refreshes.left)} → ${digits(refreshes.right)}${mark(refreshes)}`,
  };
}

function mark({ isBeyondNoise }: Difference): string {
  return isBeyondNoise ? ' !' : '';
}
