import { EverviewError, nearestHint } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import { type Declared, isNamed, withDeclared } from '../history/declared.ts';
import { policyStatements } from '../replay/policy-statements.ts';
import { type Cell, cellFailure } from './cell.ts';

/**
 * Declares every policy once, without rows, so that one that the model cannot have, or a slice that is no column, ends no
 * run in its middle.
 * @throws EverviewError of the declarations, or of a policy, which it names
 */
export async function assertDeclarable(experiment: Experiment, cells: readonly Cell[]): Promise<void> {
  await withDeclared(experiment, async (_engine, declared) => assertSliced(experiment, declared));
  const tried = new Set<string>();
  for (const cell of cells) {
    const sql = policyStatements(cell.policy, experiment, 1).join(';\n');
    if (tried.has(sql)) continue;
    tried.add(sql);
    await withDeclared(experiment, async (engine) => {
      await engine.sql(sql).catch((failure: unknown) => {
        throw failure instanceof EverviewError ? cellFailure(cell, failure) : failure;
      });
    });
  }
}

/** @throws EverviewError `unknown-column` */
function assertSliced({ slice }: Experiment, { trainingSet: { name, columns } }: Declared): void {
  if (slice === null || columns.some(isNamed(slice))) return;
  throw new EverviewError(
    'unknown-column',
    `slice names "${slice}", which training set "${name}" does not have`,
    {
      hint: nearestHint(
        slice,
        columns.map((column) => column.name),
      ),
    },
  );
}
