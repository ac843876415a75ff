import { EverviewError, type TextPlace } from '../../index.ts';
import { type Experiment, experimentSchema } from '../experiment.ts';
import { type ExperimentProblem, pathText, problemsOf } from './experiment-problems.ts';

/** What an experiment was read from: how messages call it, and where its parts are. */
export type ExperimentText = {
  readonly name: string;
  readonly placeOf: (problem: ExperimentProblem) => TextPlace | null;
};

const noText: ExperimentText = { name: 'the experiment', placeOf: () => null };

/** @throws EverviewError `invalid-experiment`, with every problem in its message and the first one's place. */
export function parseExperiment(input: unknown, text: ExperimentText = noText): Experiment {
  const parsed = experimentSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const placed = problemsOf(parsed.error.issues, input)
    .map((problem) => ({ problem, at: text.placeOf(problem) }))
    .toSorted((a, b) => offsetOf(a.at) - offsetOf(b.at));
  const lines = placed.map(({ problem, at }) => {
    const path = pathText(problem.path);
    const line = at === null ? '' : `line ${at.line}: `;
    return `${line}${path === '' ? '' : `${path}: `}${problem.message}`;
  });
  const [first] = placed;
  const message =
    lines.length === 1
      ? `${text.name}: ${lines[0]}`
      : [`${text.name} has ${lines.length} problems`, ...lines].join('\n  ');
  throw new EverviewError('invalid-experiment', message, {
    hint: placed.find(({ problem }) => problem.hint !== null)?.problem.hint ?? undefined,
    at: first?.at ?? undefined,
  });
}

/** What is nowhere, because it is missing, is told last. */
function offsetOf(at: TextPlace | null): number {
  return at?.offset ?? Number.MAX_SAFE_INTEGER;
}
