import { describe, expect, it } from 'vitest';
import { policySets } from '../../benchmarks/policies/policy-sets.ts';
import { experimentSchema } from '../../src/lab/experiment.ts';
import { withDeclared } from '../../src/lab/history/declared.ts';

describe.each(policySets.map((set) => [set.experiment.name, set] as const))(
  'policy set %s',
  (_, { experiment }) => {
    it('declares what the engine takes, with a source for each table', async () => {
      const checked = experimentSchema.parse(experiment);
      const { tables, trainingSet } = await withDeclared(checked, async (_engine, declared) => declared);
      const sourced = checked.source.kind === 'files' ? checked.source.tables.map(({ table }) => table) : [];
      expect(sourced.sort()).toEqual(tables.map(({ name }) => name).sort());
      if (checked.slice !== null)
        expect(trainingSet.columns.map(({ name }) => name)).toContain(checked.slice);
    });
  },
);
