import type { Session } from '../../core/session.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { momentQuery } from '../moment-query.ts';
import type { OnnxRuntime } from '../onnx-runtime.ts';
import type { RowSource } from '../row-source.ts';
import type { Frame, Levels } from '../sums-state.ts';
import { AnchoredAccumulator } from './anchored-accumulator.ts';
import type { AnchoredState } from './anchored-state.ts';
import { DesignBlock } from './design-block.ts';
import type { Loss } from './loss.ts';

export type Layout = {
  readonly frame: Frame;
  readonly levels: readonly Levels[];
  readonly classes: number;
};

/**
 * Each stream takes the next part when it has done one; the results are in the parts' order.
 *
 * @param wantsMoments whether to sum what does not depend on the anchor
 */
export async function sumParts(
  runtime: OnnxRuntime,
  snapshots: readonly Session[],
  plan: FeaturePlan,
  loss: Loss,
  layout: Layout,
  anchor: Float64Array,
  sources: readonly RowSource[],
  wantsMoments: boolean,
): Promise<{ state: AnchoredState; rows: number }[]> {
  const results: { state: AnchoredState; rows: number }[] = [];
  const waiting = sources.entries();
  const work = async (session: Session) => {
    const cutter = new DesignBlock(plan, layout.frame, layout.levels, {
      reuse: true,
      moments: wantsMoments,
    });
    for (const [index, source] of waiting) {
      const sums = new AnchoredAccumulator(runtime, loss, layout, anchor);
      let rows = 0;
      for await (const block of cutter.blocks(session.batches(momentQuery(plan, source, layout.levels)))) {
        await sums.add(block);
        rows += block.rows;
      }
      results[index] = { state: sums.state, rows };
    }
  };
  await Promise.all(snapshots.slice(0, sources.length).map(work));
  return results;
}
