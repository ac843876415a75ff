import fc from 'fast-check';
import { define } from '../../src/declare/define.ts';
import type { Definition } from '../../src/declare/definition.ts';
import type { DefinitionDraft, DraftConstraint, DraftOption } from '../../src/declare/definition-draft.ts';

/** Names that need quoting, and names that are words of the grammar. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'label',
    'model',
    'key',
    'window',
    'version',
    'Select',
    'from',
    'primary',
    'größe',
    'x y',
    'a"b',
  ),
  fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !text.startsWith('__ev_')),
);

const expression = fc.constantFrom(
  'a > 0',
  '(a, b) IN (SELECT 1, 2)',
  "x = 'it''s;' OR \"y\" IS NOT NULL",
  'b /* c */ BETWEEN -1\n  AND 2',
);

const defaultValue = fc.constantFrom(
  null,
  'NULL',
  '0',
  "'a, b'",
  'now()',
  'NOT true',
  'a IS NOT NULL',
  '1::INTEGER',
);

const type = fc.constantFrom(
  'INTEGER',
  'DECIMAL(10, 2)',
  'STRUCT(a INTEGER, "not" VARCHAR)[]',
  'TIMESTAMP WITH TIME ZONE',
);

const query = fc.constantFrom(
  'SELECT a, b FROM t',
  "WITH c AS (SELECT ';' AS x) SELECT * FROM c -- d\n WHERE true",
  'FROM t',
  '(SELECT 1) UNION ALL (SELECT 2)',
);

const durationMs = fc.oneof(
  fc.nat(10_000),
  fc.nat(1e12),
  fc.constantFrom(1, 60_000, 86_400_000, 7 * 86_400_000),
);

const durationText = durationMs.map((ms) => `${ms} milliseconds`);

type OptionsArbitrary = Readonly<Record<string, fc.Arbitrary<unknown>>>;

function options(values: OptionsArbitrary, required: readonly string[] = []): fc.Arbitrary<DraftOption[]> {
  return fc
    .record(values, { requiredKeys: [...required] })
    .map((given) => Object.entries(given).map(([key, js]) => ({ name: key, value: { js } })));
}

const policy: OptionsArbitrary = {
  max_staleness: fc.option(durationText),
  max_rows: fc.option(fc.nat()),
  refresh: fc.constantFrom('immediate', 'auto', 'on_read', 'manual', 'incremental', 'full'),
  on_stale_read: fc.constantFrom('refresh', 'serve', 'fail'),
};

const nonNegative = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs);

function constraintOf(columns: readonly string[]): fc.Arbitrary<DraftConstraint> {
  const column = fc.constantFrom(...columns).map((one) => ({ name: one }));
  const some = fc
    .subarray([...columns], { minLength: 1, maxLength: Math.min(2, columns.length) })
    .map((names) => names.map((one) => ({ name: one })));
  const given = fc.constant(null);
  return fc.oneof(
    fc.record({ kind: fc.constant('not-null' as const), name: given, column }),
    fc.record({ kind: fc.constant('check' as const), name: given, expression, column: fc.option(column) }),
    fc.record({ kind: fc.constant('unique' as const), name: given, columns: some }),
    fc.record({
      kind: fc.constant('references' as const),
      name: given,
      columns: some,
      table: name.map((one) => ({ name: one })),
      targetColumns: fc.constant([]),
      matchRate: fc.constantFrom(undefined, 1, 0.98, 1e-7),
    }),
  );
}

/** Some constraints get a name of their own, all different. */
function nameSome(constraints: readonly DraftConstraint[], seed: readonly boolean[]): DraftConstraint[] {
  return constraints.map((constraint, index) =>
    seed[index] === true ? { ...constraint, name: { name: `c ${index}` } } : constraint,
  );
}

const arrival: OptionsArbitrary = {
  on_violation: fc.constantFrom('reject', 'quarantine', 'warn'),
  heartbeat: fc.option(durationText),
  source: fc.constantFrom('the time', null),
  on_replay: fc.constantFrom('accept', 'warn', 'quarantine', 'reject'),
};

const tableDraft: fc.Arbitrary<DefinitionDraft> = fc
  .uniqueArray(name, { minLength: 1, maxLength: 5, selector: (one) => one.toLowerCase() })
  .chain((names) =>
    fc.record({
      kind: fc.constant('table' as const),
      name: name.map((one) => ({ name: one })),
      columns: fc
        .tuple(...names.map((one) => fc.record({ name: fc.constant(one), type, default: defaultValue })))
        .map((columns) => [...columns, { name: 'the time', type: 'TIMESTAMP', default: null }]),
      constraints: fc
        .tuple(
          fc.array(constraintOf(names), { maxLength: 6 }),
          fc.array(fc.boolean(), { maxLength: 8 }),
          fc.subarray(names, { maxLength: Math.min(2, names.length) }),
        )
        .map(([constraints, seed, key]) => {
          const columns = key.map((one) => ({ name: one }));
          const primary: DraftConstraint[] =
            key.length === 0 ? [] : [{ kind: 'primary-key', name: null, columns }];
          return nameSome([...constraints, ...primary], seed);
        }),
      options: fc.oneof(
        options({ event_time: fc.constantFrom('the time', null), ...arrival }),
        options(
          {
            event_time: fc.constant('the time'),
            ...arrival,
            event_time_order: fc.constantFrom('none', 'ascending', 'strict'),
            allowed_lateness: fc.option(durationText),
            max_future: fc.option(durationText),
          },
          ['event_time'],
        ),
      ),
    }),
  );

const viewDraft: fc.Arbitrary<DefinitionDraft> = fc.oneof(
  fc.record({
    kind: fc.constant('view' as const),
    name: name.map((one) => ({ name: one })),
    materialized: fc.constant(true),
    query,
    options: options({ ...policy, tolerance: nonNegative }),
  }),
  fc.record({
    kind: fc.constant('view' as const),
    name: name.map((one) => ({ name: one })),
    materialized: fc.constant(false),
    query,
    options: fc.constant([]),
  }),
);

const trainingSetDraft: fc.Arbitrary<DefinitionDraft> = fc.record({
  kind: fc.constant('training-set' as const),
  name: name.map((one) => ({ name: one })),
  query,
  options: options(
    {
      label: name,
      event_time: name,
      label_delay: durationText,
      window: fc.constantFrom(null, '1000 days'),
      holdout: durationMs.map((ms) => `${ms % 1_000_000} milliseconds`),
      tolerance: nonNegative,
    },
    ['label', 'event_time'],
  ),
});

const condition = fc.constantFrom(
  'rmse <= 40',
  'mae < 1.02 * current',
  'r2 >= current * 0.98',
  'rmse <= current',
  'r2 > -0.5',
  'rmse PER origin <= 60',
  'log_loss PER "a b" < 1.1 * current',
  'not_worse',
  'not_worse(mae, margin = 0.05) PER origin',
  'negative_flips(tolerance = 15) <= 0.02',
);

const modelDraft: fc.Arbitrary<DefinitionDraft> = fc
  .uniqueArray(name, { minLength: 1, maxLength: 4, selector: (one) => one.toLowerCase() })
  .chain((names) =>
    fc.record({
      kind: fc.constant('model' as const),
      name: name.map((one) => ({ name: one })),
      trainingSet: name,
      features: fc.constantFrom(
        { kind: 'columns' as const, columns: names },
        { kind: 'all' as const, except: [] },
      ),
      options: options(
        {
          method: fc.constantFrom('ridge'),
          rare: fc.nat(1000),
          expand: fc.subarray([
            'hour(t)',
            'cycle("the time", \'day\')',
            'spline(x, -1, 2.5)',
            'interaction(a, b, "c d")',
            'hash("t t", 8)',
          ]),
          l2: nonNegative,
          standardize: fc.boolean(),
          categorical: fc.subarray(names),
          missing: fc.constantFrom('impute', 'drop'),
          ...policy,
          max_effect: fc.option(nonNegative),
          gate: fc.array(condition, { maxLength: 3 }),
          slices: fc.subarray(names),
          hold_on: fc.constantFrom('block', 'notice', 'never'),
          pause_on: fc.constantFrom('block', 'notice', 'never'),
          fallback: fc.option(
            fc.oneof(fc.constantFrom('previous', 'other'), fc.integer({ min: -9, max: 9 })),
          ),
          windows: fc.nat(9),
          log_predictions: fc.subarray(names),
          prediction_retention: fc.option(durationText),
          on_failure: fc.constant('keep_current'),
        },
        ['method'],
      ).map(withoutIdleFallback),
    }),
  );

/** A fallback is refused where nothing pauses the model. */
function withoutIdleFallback(given: DraftOption[]): DraftOption[] {
  const pauses = given.some(
    ({ name, value }) => name === 'pause_on' && 'js' in value && value.js !== 'never',
  );
  return pauses ? given : given.filter(({ name }) => name !== 'fallback');
}

export const draftArbitrary: fc.Arbitrary<DefinitionDraft> = fc.oneof(
  tableDraft,
  viewDraft,
  trainingSetDraft,
  modelDraft,
);

export const definitionArbitrary: fc.Arbitrary<Definition> = draftArbitrary.map((draft) => define(draft));
