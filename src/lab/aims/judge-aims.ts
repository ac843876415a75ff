import type { RunResult } from '../cell-result.ts';
import { checkHindsight, type HindsightCheck } from '../hindsight/check-hindsight.ts';
import { summarize } from '../summary/summarize.ts';
import { type AutoAim, judgeAuto } from './judge-auto.ts';
import { judgeMaxEffect, type MaxEffectAim } from './judge-max-effect.ts';

/** What the policies of this project are to reach on the standard sets, and what they did reach. */
export type AimsJudgement = {
  readonly auto: AutoAim;
  readonly maxEffect: MaxEffectAim;
  /** Cells that cost less than hindsight says is possible: there is none unless something is counted wrongly. */
  readonly beaten: readonly (HindsightCheck & { readonly set: string })[];
};

/** @param runs one for each set */
export function judgeAims(runs: readonly RunResult[]): AimsJudgement {
  const summaries = runs.map((run) => ({ set: run.experiment, run, lines: summarize(run) }));
  const beaten = runs.flatMap((run) =>
    checkHindsight(run)
      .filter(({ isBeaten }) => isBeaten)
      .map((check) => ({ ...check, set: run.experiment })),
  );
  return { auto: judgeAuto(summaries), maxEffect: judgeMaxEffect(summaries), beaten };
}
