import { describe, expect, it } from 'vitest';
import { Everview, readDeclarations } from '../../src/index.ts';
import { policySchema, type Schedule, scheduleSchema } from '../../src/lab/policy.ts';
import { keeperOf, policyStatements } from '../../src/lab/replay/policy-statements.ts';
import { dayMs, linearDeclarations, policyOf, readingsTable } from '../support/replay-world.ts';

const prices = { cpuSecond: 2, loss: 0.01 };
const experiment = { declarations: linearDeclarations, model: 'm', prices };
const lossScale = 7;

const bounded = {
  declarations: `${readingsTable}
    CREATE TRAINING SET "the set" WITH (label = y, event_time = taken, window = INTERVAL '7 days') AS SELECT taken, x, y FROM readings;
    CREATE MODEL "my model" WITH (method = 'ridge', decay = INTERVAL '2 days', max_staleness = INTERVAL '1 hour', max_rows = 7, staleness_price = 1 PER ROW,
      refresh = full, on_stale_read = fail, max_effect = 0.5) AS SELECT x FROM "the set";`,
  model: 'my model',
  prices,
};

describe('policyStatements', () => {
  it.each<[Schedule, string[]]>([
    [{ kind: 'never' }, ['ALTER MODEL m SET (refresh = manual, on_stale_read = serve)']],
    [{ kind: 'rows', rows: 500 }, ['ALTER MODEL m SET (max_rows = 500)']],
    [
      { kind: 'interval', every: 1.5 * dayMs },
      ["ALTER MODEL m SET (max_staleness = INTERVAL '1 day 12 hours')"],
    ],
    [{ kind: 'max-effect', effect: 0.25 }, ['ALTER MODEL m SET (max_effect = 0.25)']],
    [{ kind: 'on-read' }, ["ALTER MODEL m SET (max_staleness = INTERVAL '0 seconds', refresh = on_read)"]],
    [
      { kind: 'every-update' },
      ["ALTER MODEL m SET (max_staleness = INTERVAL '0 seconds', on_stale_read = serve)"],
    ],
    [{ kind: 'auto' }, ['ALTER MODEL m SET (staleness_price = 0.035 PER SHARE)']],
    [{ kind: 'forecast' }, ['ALTER MODEL m SET (refresh = manual, on_stale_read = serve)']],
  ])('says %j', (schedule, statements) => {
    expect(policyStatements(policyOf(schedule), experiment, lossScale)).toEqual(statements);
  });

  it('says windows, and how refreshes are made', () => {
    const sliding = policyOf(
      { kind: 'rows', rows: 10 },
      { window: { kind: 'sliding', length: 30 * dayMs }, maintenance: 'incremental' },
    );
    expect(policyStatements(sliding, experiment, lossScale)).toEqual([
      "ALTER TRAINING SET examples SET (window = INTERVAL '30 days')",
      'ALTER MODEL m SET (max_rows = 10, refresh = incremental)',
    ]);
    const decay = policyOf({ kind: 'never' }, { window: { kind: 'decay', halfLife: 7 * dayMs } });
    expect(policyStatements(decay, experiment, lossScale)).toEqual([
      "ALTER MODEL m SET (refresh = manual, on_stale_read = serve, decay = INTERVAL '7 days')",
    ]);
  });

  it('takes back what is declared otherwise', () => {
    expect(policyStatements(policyOf({ kind: 'rows', rows: 9 }), bounded, lossScale)).toEqual([
      'ALTER TRAINING SET "the set" SET (window = NULL)',
      'ALTER MODEL "my model" SET (max_staleness = NULL, max_rows = 9, max_effect = NULL, staleness_price = NULL, refresh = auto, on_stale_read = refresh, decay = NULL)',
    ]);
  });

  it.each([experiment, bounded])(
    'leaves the bound that was asked for, whatever was declared ($model)',
    async (asked) => {
      await using db = await Everview.open(':memory:', { scheduler: 'manual', threads: 1 });
      const bounds = async (schedule: Schedule) => {
        await db.declare(...readDeclarations(asked.declarations));
        for (const statement of policyStatements(policyOf(schedule), asked, lossScale))
          await db.execute(statement);
        const described = await db.execute(`DESCRIBE "${asked.model}"`);
        const [model] = readDeclarations(described.message ?? '');
        if (model?.kind !== 'model') throw new Error('DESCRIBE shows no model');
        const { refresh, maxStalenessMs, maxRows, stalenessPrice, onStaleRead } = model.policy;
        return [
          ...[refresh, maxStalenessMs, maxRows, model.maxEffect, onStaleRead],
          ...(stalenessPrice === null ? [] : [stalenessPrice.seconds, stalenessPrice.per]),
        ];
      };
      expect(await bounds({ kind: 'never' })).toEqual(['manual', null, null, null, 'serve']);
      expect(await bounds({ kind: 'rows', rows: 9 })).toEqual(['auto', null, 9, null, 'refresh']);
      expect(await bounds({ kind: 'interval', every: dayMs })).toEqual([
        'auto',
        dayMs,
        null,
        null,
        'refresh',
      ]);
      expect(await bounds({ kind: 'max-effect', effect: 0.1 })).toEqual(['auto', null, null, 0.1, 'refresh']);
      expect(await bounds({ kind: 'on-read' })).toEqual(['on_read', 0, null, null, 'refresh']);
      expect(await bounds({ kind: 'auto' })).toEqual(['auto', null, null, null, 'refresh', 0.035, 'share']);
      expect(await bounds({ kind: 'every-update' })).toEqual(['auto', 0, null, null, 'serve']);
    },
  );

  it('refuses an experiment whose declarations make no such model', () => {
    const wrong = { ...experiment, model: 'other' };
    expect(() => policyStatements(policyOf({ kind: 'never' }), wrong, lossScale)).toThrow(
      'make no model "other"',
    );
  });

  it('knows who keeps each schedule', () => {
    const kinds = scheduleSchema.options.map((option) => option.shape.kind.value);
    const given = { rows: 5, every: 5, effect: 1, refreshes: 1, per: 5 };
    const keepers = kinds.map((kind) => {
      const fields = Object.entries(given).filter(([name]) =>
        Object.keys(
          scheduleSchema.options.find((one) => one.shape.kind.value === kind)?.shape ?? {},
        ).includes(name),
      );
      const schedule = scheduleSchema.parse({ kind, ...Object.fromEntries(fields) });
      const policy = policySchema.parse(policyOf(schedule));
      const isManual = policyStatements(policy, experiment, lossScale).join().includes('refresh = manual');
      expect(isManual, kind).toBe(keeperOf(schedule) !== 'engine');
      return keeperOf(schedule);
    });
    expect(keepers.filter((keeper) => keeper === 'engine')).toHaveLength(6);
  });
});
