import type { z } from 'zod';
import { nearestHint } from '../../index.ts';
import { memberOf, namesAt } from './schema-names.ts';

/** One thing that is wrong with an experiment, and where. */
export type ExperimentProblem = {
  readonly path: readonly PropertyKey[];
  /** The name at that path is wrong, not its value. */
  readonly isName: boolean;
  readonly message: string;
  readonly hint: string | null;
};

type Issue = z.core.$ZodIssue;

export function problemsOf(issues: readonly Issue[], experiment: unknown): readonly ExperimentProblem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, experiment, []));
}

function problemsOfIssue(
  issue: Issue,
  experiment: unknown,
  above: readonly PropertyKey[],
): readonly ExperimentProblem[] {
  const path = [...above, ...issue.path];
  const value = path.reduce(memberOf, experiment);
  const problem = (message: string, hint: string | null = null): readonly ExperimentProblem[] => [
    { path, isName: false, message, hint },
  ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        isName: true,
        message: 'there is nothing of this name',
        hint: nearestHint(key, namesAt(experiment, path)) ?? null,
      }));
    case 'invalid_type':
      return problem(
        value === undefined
          ? 'is missing'
          : `must be ${aKind(issue.expected)}, not ${otherThan(issue, value)}`,
      );
    case 'invalid_value':
      return problem(...amongProblem(value, issue.values.map(String)));
    case 'too_small':
      return problem(tooSmallProblem(issue));
    case 'invalid_union': {
      if (issue.errors.length === 0) return problem(...amongProblem(value, optionsOf(issue)));
      const meant = branchMeant(issue.errors);
      if (meant === null) return problem(noBranch(issue.errors, value));
      return meant.flatMap((inner) => problemsOfIssue(inner, experiment, path));
    }
    default:
      return problem(issue.message);
  }
}

function optionsOf(issue: Issue): readonly string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function amongProblem(value: unknown, known: readonly string[]): [message: string, hint: string | null] {
  const list = `one of ${known.join(', ')}`;
  if (value === undefined) return [`is missing: ${list}`, null];
  const hint = typeof value === 'string' ? nearestHint(value, known) : undefined;
  return [`must be ${list}, not ${JSON.stringify(value)}`, hint ?? null];
}

function tooSmallProblem({ origin, minimum, inclusive, message }: z.core.$ZodIssueTooSmall): string {
  if (origin !== 'number') return minimum === 1 ? 'must not be empty' : message;
  // Of a field that has no words of its own.
  if (!message.startsWith('Too small')) return message;
  return inclusive === true ? `must be ${minimum} or above` : `must be above ${minimum}`;
}

/** The alternative that the author had in mind: the one with least that does not belong to it, then the most specific. */
function branchMeant(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const fitting = branches.filter((branch) => !branch.some(isOfAnotherType));
  const ranked = fitting.toSorted((a, b) => strangeness(a) - strangeness(b) || depth(b) - depth(a));
  return ranked[0] ?? null;
}

function isOfAnotherType(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function strangeness(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length;
    return issue.code === 'invalid_union' && issue.errors.length === 0 ? sum + 1 : sum;
  }, 0);
}

function depth(branch: readonly Issue[]): number {
  return Math.max(0, ...branch.map(({ path }) => path.length));
}

function noBranch(branches: readonly (readonly Issue[])[], value: unknown): string {
  if (value === undefined) return 'is missing';
  const kinds = branches
    .flat()
    .flatMap((issue) => (issue.code === 'invalid_type' ? aKind(issue.expected) : []));
  return `must be ${[...new Set(kinds)].join(' or ')}, not ${kindOf(value)}`;
}

function aKind(expected: string): string {
  switch (expected) {
    case 'string':
      return 'a text';
    case 'object':
      return 'a set of names and values';
    case 'array':
      return 'a list';
    case 'int':
      return 'a whole number';
    default:
      return `a ${expected}`;
  }
}

/** Of a number that is not whole the number, which is what is wrong. */
function otherThan({ expected }: z.core.$ZodIssueInvalidType, value: unknown): string {
  return expected === 'int' && typeof value === 'number' ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return aKind(typeof value);
}

/** `policies[1].schedule.kind` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}
