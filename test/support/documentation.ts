import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorTable } from '../../src/core/errors.ts';
import { type IncidentKind, quietUpdates } from '../../src/core/incident.ts';
import { metrics, metricTable } from '../../src/core/metric.ts';
import { reasonTable } from '../../src/core/reasons.ts';
import { methodSpec, type Task } from '../../src/declare/methods.ts';
import { listOptions } from '../../src/declare/options.ts';
import { type StatementForm, statementForms } from '../../src/declare/statement-forms.ts';
import { Everview } from '../../src/index.ts';
import { ModelFamilies } from '../../src/model/model-families.ts';
import { inputForms } from '../../src/model/onnx/exported-values.ts';
import { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import { bundleProgram } from './bundle-program.ts';
import { experimentRows, scheduleRows } from './laboratory-documentation.ts';
import { nistDataSets } from './nist-data-sets.ts';
import { refusedRows, shapeRows, tpchRows } from './shape-rows.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export function readText(path: string): string {
  return readFileSync(`${root}/${path}`, 'utf8');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** src/REFERENCE.md, from the tables in the code and from what the engine plans. */
export async function reference(): Promise<string> {
  const owners = [...new Set(listOptions().map((option) => option.owner))];
  const options = owners.map((owner) => {
    const rows = listOptions()
      .filter((option) => option.owner === owner)
      .map((option) => [`\`${option.name}\``, option.takes, option.default, option.meaning]);
    return `### ${owner.replaceAll('-', ' ')}\n\n${table(['option', 'takes', 'default', 'meaning'], rows)}`;
  });
  const errors = Object.entries(errorTable).map(([code, [category, meaning]]) => [
    `\`${code}\``,
    category,
    meaning,
  ]);
  const reasons = Object.entries(reasonTable).map(([reason, meaning]) => [`\`${reason}\``, meaning]);
  return [
    '# Reference',
    'Written by `npm run docs` from the tables in the code.',
    '## Statements',
    ...statementSections(),
    '## Options',
    ...options,
    ...(await refreshSections()),
    ...familySections(),
    ...certifiedSections(),
    ...gateSections(),
    ...versionSections(),
    ...promotionSections(),
    ...liveSections(),
    ...heldSections(),
    ...incidentSections(),
    ...(await systemTableSections()),
    ...laboratorySections(),
    '## Errors',
    'Every failure is an `EverviewError` with a `code`, a message, mostly a `hint` and a place in the text.',
    table(['code', 'category', 'meaning'], errors),
    '## Reasons',
    'Every recorded decision carries one of these.',
    table(['reason', 'meaning'], reasons),
    '',
  ].join('\n\n');
}

const statementGroups: readonly (readonly [string, readonly (keyof typeof statementForms)[]])[] = [
  ['Declaring', ['create', 'alter', 'drop', 'describe', 'show']],
  ['Updating', ['insert', 'update', 'delete', 'copy-from', 'begin', 'commit', 'rollback']],
  ['Asking and refreshing', ['query', 'explain-query', 'refresh', 'explain-refresh']],
  [
    'Rows and updates that were set aside',
    ['quarantine-release', 'quarantine-correct', 'quarantine-drop', 'held-update'],
  ],
  ['Incidents', ['show-incidents', 'explain-incident', 'incident', 'profile', 'drill']],
  ['Models', ['promotion', 'weights', 'compare', 'show-performance', 'export-model']],
];

function statementSections(): string[] {
  const row = ({ syntax, meaning, example }: StatementForm) => [`\`${syntax}\``, meaning, `\`${example}\``];
  return [
    '`[…]` may be left out, `|` is a choice. Words are in any case, names as in DuckDB.',
    ...statementGroups.flatMap(([title, kinds]) => [
      `### ${title}`,
      table(
        ['statement', 'what it does', 'for example'],
        kinds.flatMap((kind) => statementForms[kind].map(row)),
      ),
    ]),
    '### What a statement means',
    [
      '- `FROM PREDICT(model, (SELECT …))` or `FROM PREDICT(model, view)` adds the column `prediction`. In a materialized view it is kept, and follows the rows and the model.',
      "- `table AT (VERSION => n)` or `AT (TIMESTAMP => …)` reads the past. `now()` and its kin are the engine's clock, in DEFAULT and CHECK as well.",
      '- The options of a query stand over what the views and models it reads declare.',
      '- `EXPLAIN SELECT …` answers, for each table, view and model the query reads, the ways it could be read: `plan` (`contents`, `refresh`, `compensate`, `recompute`, `history`, `refuse`), whether it is `chosen`, the `reason`, `predicted_ms`, the `version` of the answer, and `detail`.',
      '- A statement of an update that fails inside BEGIN … COMMIT, or one that cannot be read, ends the update: nothing more is taken until ROLLBACK or COMMIT. What is refused because it cannot be part of an update, and a query that fails, leave it open. A SELECT inside an update reads the state before it. An idempotency key is that of the whole update: its statements have none.',
      '- A model does not learn from rows one of whose labels is NULL, NaN or infinite, whose `weight` is not a number above 0, nor from rows with an infinite feature; a feature that is NULL or NaN, and a timestamp that is infinite, is a missing value, as `missing` says. Numbers too large to be squared in a DOUBLE count as infinite.',
    ].join('\n'),
  ];
}

const systemTables: Readonly<Record<string, string>> = {
  tables: 'base tables, and whether rows are overdue',
  sources: 'the sources of tables that name one, and when each last sent rows',
  views: 'views and training sets, how they are kept and by which policy',
  models: 'models, and the version of each that answers',
  staleness: 'how far behind each view and model is now',
  updates: 'every update, accepted or refused, and why',
  refreshes: 'every refresh, the rung, what each would have cost and what it did cost',
  regret: 'what the choices of a rung came to, by view',
  model_versions: 'every version of a model: status, parameters, metrics',
  gates: 'every condition that a version was judged by',
  promotions: 'what people and incidents decided about which version answers',
  quarantine: 'rows that were set aside: `row` as it came, `corrected` what `CORRECT` made of it',
  verdicts: 'what was made of each update by its history',
  held_updates: 'updates that wait for a person, and what was decided',
  marks: 'what was accepted although nobody vouched for it',
  predictions: 'what models predicted, and what became of it',
  performance: 'how models have done since they answer',
  incidents: 'what is, or was, wrong',
  incident_events: 'who moved an incident on, and why',
  deliveries: 'what the webhook was told of, and whether it took it',
};

async function systemTableSections(): Promise<string[]> {
  await using engine = await Everview.open(':memory:');
  const rows: string[][] = [];
  for (const [name, meaning] of Object.entries(systemTables)) {
    const { columns } = await engine.query(`SELECT * FROM everview.${name}`);
    rows.push([`\`${name}\``, meaning, columns.map((column) => `\`${column.name}\``).join(', ')]);
  }
  return [
    '## System tables',
    'Schema `everview`, read like any other: `SELECT * FROM everview.refreshes`. Moments are in UTC.',
    table(['table', 'one row for each of', 'columns'], rows),
  ];
}

const taskTexts: Readonly<Record<Task, string>> = { number: 'a number', class: 'a class', none: 'nothing' };

/** What each method promises comes from its family, as the engine asks it. */
function familySections(): string[] {
  const rows = new ModelFamilies(new OnnxRuntime()).all().map(({ method, capability }) => {
    const { task, fits, takes } = methodSpec(method);
    const options = takes.map((name) => `\`${name}\``).join(', ');
    return [
      `\`${method}\``,
      fits,
      taskTexts[task],
      capability.inserts,
      capability.deletes,
      options || 'none',
    ];
  });
  return [
    '## Models',
    'How a model is refreshed by the change alone, for rows that come and rows that go. `exact`: it answers as one fitted in full to the same rows would, but for rounding. `certified`: each answer comes with a proved bound on how far it is from that (`prediction_bound`), and a fit in full follows when the bound exceeds `max_effect`. `heuristic`: near, and nothing is proved; a fit in full follows on drift. Options are those that the method takes beside the ones of every model. `weight`, `decay` and `rare` belong to the exact methods: a certified or heuristic one refuses them (`invalid-option`), and forgets by the `window` of its training set instead.',
    table(['method', 'fits', 'learns', 'inserts', 'deletes', 'options'], rows),
    'PREDICT keeps the columns of its input and adds `prediction`, a number, the class or the number of a cluster, and NULL where a feature is infinite (or missing, with `missing = drop`). Further `labels` add `prediction_<label>`; pca has `pc1`, `pc2`, … instead. Classifiers add `probability`, of the second class in the order of their texts, or of several classes `probability_<class>` for each (with a number behind it where an earlier class differs in case alone). Certified methods add `prediction_bound`, on the probabilities or the number, infinite where nothing is proved, and classifiers among them `prediction_certain`: whether the exact model is proved to give the same class. In a materialized view the columns are those that every version of the model has: of these `prediction`, `prediction_<label>`, `pc1` and so on, and `probability` where the label is a BOOLEAN.',
  ];
}

function gateSections(): string[] {
  const rows = metrics.map((metric) => {
    const { of, better, pairable, meaning } = metricTable[metric];
    return [`\`${metric}\``, of, better, pairable ? 'yes' : 'no', meaning];
  });
  return [
    '## Gates',
    'A fitted model answers once every condition of its gate holds on the hold-out, the newest labelled rows, which it has not learned from. It and the current model are scored on the same rows: those with a label and a prediction by both.',
    [
      '- `rmse <= 40`, `r2 >= 0.1`: a score against a number',
      "- `rmse <= 1.02 * current`, `mae < current`: against the current model's score; holds while there is none",
      "- `not_worse(margin = 0.02)`, `not_worse(mae, margin = 0.05)`: a paired test of the losses row by row (rmse of numbers, accuracy of classes unless named). The margin is a share of the current model's score, for accuracy points of it. Over 20 blocks of equal length in time, at a risk of 5 %: *promote* once the candidate is proven no worse than the margin, *hold* once it is proven worse, else *inconclusive*: what answered stays, and more rows will tell",
      '- `negative_flips <= 0.02`, of numbers `negative_flips(tolerance = 15) <= 0.02`: the share of rows that the current model has right and the candidate has wrong',
      '- `rmse PER origin <= 60`, any condition with `PER column`: for each value of a column of the training set; the worst is shown. `slices = (origin, …)` asks it of every condition. Values with fewer than 30 rows, and those beyond the 200 most frequent, are judged together where that makes 30; where a metric is not defined, as auc over labels of one class, a slice speaks against nobody. A slice speaks against `not_worse` once the candidate is proven worse there',
      '- `windows = 3`: and, unasked, the candidate may not be proven worse than the current model in one of so many windows before the hold-out, each as long: by more than a tenth (5 points of accuracy), or than the gate allows, whichever is more. It has learned from these rows, so they never speak for it; a candidate that fits one corrupted window is worse in all others. A change that lasts is followed once it fills these windows. With 3, a corrupted window is one of four, and a change as long as four hold-outs is believed',
    ].join('\n'),
    '`everview.gates` keeps every condition with its scores, slice or window, verdict and reason; `everview.model_versions.metrics` all scores, by window and slice, flips, and the calibration table of classifiers.',
    table(['metric', 'of a', 'better', 'row by row', 'meaning'], rows),
  ];
}

function promotionSections(): string[] {
  return [
    '## Which version answers',
    'A candidate that passes its gate answers, unless the model is held or an incident speaks against it (`hold_on`: open or acknowledged, about rows that were taken into a table the model learns from and that nobody has vouched for). It is kept with status `held` then, and once nothing holds it any more the next refresh learns from the same rows again and lets the result answer. A candidate that failed is judged anew by the next refresh once `gate`, `slices` or `windows` are others, or time has brought a row into the hold-out; what answers has passed its gate, and stays. People decide beside the gate:',
    [
      '- `PROMOTE MODEL m` lets the newest version answer that passed its gate by the present definition, where it is newer than what answers (it was held, or a rollback superseded it), `PROMOTE MODEL m VERSION 3` any such version. Both end a hold: where what answers then is older than the rows there are, the next refresh goes on from these. A version that failed its gate is refused (`not-promotable`), and so is any while the last fit found too few rows to learn from.',
      '- `HOLD MODEL m` keeps what answers, whatever comes.',
      '- `ROLLBACK MODEL m TO VERSION 2` is a promotion of version 2 and a hold. Versions keep what they learned: rows deleted since are still in one that is held or rolled back to.',
      "- Each may end with `BY 'who'` and `BECAUSE 'why'`, and is a row of `everview.promotions`, as is every candidate that is held. In TypeScript: `db.decideModel('m', 'rollback', { version: 2, because: '…' })`.",
      '- While `pause_on` holds, `PREDICT` is refused, or answered by what `fallback` names: the newest version that had not learned from rows under the incident (`previous`), a value, or another model that is not paused itself. The answer says so in its `standIns`. Views that hold predictions are refused all the same.',
    ].join('\n'),
  ];
}

function liveSections(): string[] {
  return [
    '## How models do once they answer',
    '`log_predictions = (id)` names the columns of the training set that say which example a row is. A model whose key names more than one row of the set, or that predicts no label, is refused.',
    '### What is logged',
    [
      '- Rows of the input of PREDICT that have these columns are logged in `everview.predictions` once the query has its answer, whatever it made of them: for each version of the model and key the first prediction, with the version of the model (`model_version`), that of the answer (`version`), its `confidence` and `probabilities`.',
      '- Not logged are predictions that views keep, those of EXPLAIN_PREDICT, of rows read AT an older version, of samples and inputs that call `random` or the like, those put into tables by INSERT … SELECT, and answers that another model or a value gave.',
      '- Reads wait for nothing: the log is written within the next round of the scheduler, at `SHOW PERFORMANCE` and when the database is closed, in a transaction that makes no version. Killed, the engine loses what was predicted since.',
      '- `prediction_retention` says how long predictions are kept; what they added to the figures stays. Keys and labels are kept so long also where the row is deleted meanwhile.',
    ].join('\n'),
    '### How it is held against labels',
    [
      '- The label of a prediction is that of the row with the same key in the training set, from when it counts (`label_delay`). It is looked for once a minute where something has changed, and at `SHOW PERFORMANCE`.',
      '- The `state` says what came of it: `new` and `waiting`; `scored`; `known`, where the label was there before the prediction, which so says nothing; `ambiguous`, where the key has several labels or history no longer tells.',
      '- A loss counts once, for the version that predicted, by the label that came first: a correction changes what the model learns, and not the figures, whose intervals are of a stream that stays as it was.',
    ].join('\n'),
    '### What is shown',
    "`SHOW PERFORMANCE`, `SHOW PERFORMANCE OF m`, `SHOW PERFORMANCE OF m PER origin` (of the model's `slices`, up to 200 values each), `db.performance('m', { per: 'origin' })`, or as last looked at `everview.performance`; one row for each version and `metric`:",
    table(
      ['column', 'meaning'],
      [
        ['`rows`, `score`', 'the predictions whose label has come, and what they score'],
        [
          '`lower`, `upper`',
          'an interval that holds at all looks at once, so that looking often raises no false alarm: the chance that it ever misses is 5 %, for each version, metric and slice',
        ],
        [
          '`interval`',
          '`time-uniform` for accuracy and the Brier score, whose losses are bounded (empirical Bernstein; from the first row on); `asymptotic` for rmse, mae and log loss, where that holds in the limit, as of a t interval, and is told from 100 rows on',
        ],
        ['`at_promotion`', 'the score on the hold-out'],
        [
          '`estimate`, `estimated_rows`',
          'for accuracy, and no measurement: the mean probability of the predicted class over the rows that wait for a label, as good as the probabilities are. Of rows whose tables all have `profile = on`; NULL while an incident of these is open',
        ],
      ],
    ),
    '### When it is an incident',
    [
      '- `live-performance` opens when the interval of the version that answers lies wholly beyond what its promotion promised: in a metric of its gate (or rmse, accuracy), the score on the hold-out plus a tenth (5 points of accuracy), the margin or threshold of the gate where that allows more, and two deviations for the hold-out being a sample.',
      '- While a table that the model learns from is under an incident that blocks, that is the cause and no other opens.',
      '- It counts for `pause_on` of that model, never for `hold_on`, and ends when another version answers.',
    ].join('\n'),
  ];
}

function heldSections(): string[] {
  return [
    '## Updates that are not as usual',
    "With `profile = on` an update is judged by what accepted ones were like. What blocks it is answered as `on_finding` says, in the update's own transaction:",
    table(
      ['`on_finding`', 'what becomes of the update'],
      [
        ['`warn`', 'it is taken'],
        [
          '`quarantine`',
          'the rows that are known to be wrong are set aside, or all where it is not known which',
        ],
        ['`reject`', 'it is refused, and its rows are kept'],
        ['`ask`', 'all of it is set aside, and waits for a person'],
        [
          '`hold_refresh`',
          'it is taken, and what is made of the table does not move: kept views, training sets and models over it wait, and a query over these is answered whole as of the version before, with the updates it lacks in its `held`; a query over the table, or over plain views of it, sees its rows',
        ],
      ],
    ),
    [
      "- `APPROVE UPDATE 21` (checked again, and taken as an update of its own) or `REJECT UPDATE 21` decide, with `BY` and `BECAUSE`, or `db.decideUpdate(21, 'approve')`. `everview.held_updates` lists what waits, and what came of it: `not-taken` where none of the rows that were to be taken met the constraints any more. An update of which no row is left, because they were released, corrected or dropped by hand, waits no more.",
      "- `hold = INTERVAL '6 hours' THEN accept_marked` or `THEN reject` says what becomes of what nobody decided about. What was accepted marked stays marked: answers that rest on it have it among their `marks`, and `everview.marks` lists it.",
      '- What `hold_refresh` holds goes on with `APPROVE UPDATE 21`, the end of the incidents of what blocked it (`RESOLVE`, `ACCEPT`) or the deadline, which marks. `REFRESH` by name refreshes all the same, and changes no answer until then.',
      '- Rows are set aside only from updates that replaced and deleted nothing of the table, and whose other tables do not rest on them; others are refused. Of a table whose rows reference each other all are set aside.',
      '- An incident that a person accepted lets the same in again, and with it what waits (`ask`) for nothing that is not accepted; `RESOLVE` lets nothing in that waits.',
      '- A change that lasts makes one incident: what a person let in as it came (`APPROVE UPDATE`, `RELEASE QUARANTINE` of all that was set aside of an update) is part of what is usual from then on; what was only noticed is so at the second time while the table is looked back at (60 updates), or where three updates in a row were noticed, unless a model errs ten times as much on it as usual; that, and what blocks and was taken all the same (`warn`, a deadline), is so at the fifth time, if its incident lived all along and nothing else blocks. The incident then has an event `learned`.',
    ].join('\n'),
  ];
}

function incidentSections(): string[] {
  const kinds = {
    'audit-divergence':
      'an audit found that contents are not what their definition gives; the view was rebuilt',
    'constraint-violation': 'rows broke a constraint, or a rule about how they arrive',
    'replayed-batch': 'the very rows of an earlier insert came again',
    'schema-mismatch': 'columns are missing, go by other names, or hold values of another type',
    silence: 'a table, or one of its sources, sent nothing for longer than its heartbeat',
    finding: 'the judgement of an update by its history',
    'live-performance':
      'the version of a model that answers is proven to do worse than its promotion promised',
  } as const satisfies Record<IncidentKind, string>;
  return [
    '## Incidents',
    `One for each root cause: a kind, an object, and what of it (\`subject\`: the constraint, the source, the columns). While it lives the same again is counted on it (\`occurrences\`, \`rows\`) and opens no other; \`severity\` is the worst there was, and \`detail\`, \`columns\`, \`response\`, \`sample\` and \`statements\` are those of the newest as bad as that; once a wait ends, \`response\` and \`statements\` say what came of it and what waits still. \`taken\` says how bad what is in the table by it is: NULL where its rows were set aside or refused, wait for a decision, were let in by a person (\`APPROVE UPDATE\`, \`RELEASE QUARANTINE\`), or are accepted; \`taken_version\` is the version since which it is there. When it gets worse, or its rows come into the table after all, it has an event \`worsened\`. \`everview.incidents\` names the views and models that rest on the object and statements that would act on it; \`everview.incident_events\` who moved it on, and why. One that updates brought is over after ${quietUpdates} updates of the table in a row without it while none waits for a decision, a silence when rows come again. \`APPROVE\` and \`REJECT UPDATE\`, and the \`RELEASE\`, \`CORRECT\` or \`DROP\` of the last of its rows, acknowledge it once no other update waits under it, and do not end it: its cause may go on. Once an acceptance has expired, updates without it end it as well.`,
    table(
      ['kind', 'meaning'],
      Object.entries(kinds).map(([kind, meaning]) => [kind, meaning]),
    ),
    "`SHOW INCIDENTS`; `EXPLAIN INCIDENT 3`; `ACKNOWLEDGE INCIDENT 3`; `ACCEPT INCIDENT 3 FOR INTERVAL '7 days'` (as the new normal: the same again opens nothing until then); `RESOLVE INCIDENT 3`. Each but the first two may end with `BY 'who'` and `BECAUSE 'why'`; without BY the `user` of `Everview.open` is recorded. In TypeScript `db.decideIncident(3, 'accept', { for: '7 days', because: '…' })`.",
    '`Everview.open(path, { webhook: { url, headers } })` posts every event as JSON (type `IncidentNotice`), at least once: a notice is written with what it tells of (`everview.deliveries`), sent by the scheduler, and tried again after a second, two, four, up to an hour. `idempotency-key` tells copies apart. `notifier` takes any other way to tell.',
  ];
}

function laboratorySections(): string[] {
  return [
    '## The laboratory',
    '`everview lab run demand.yaml`, or `runExperiment(experiment, { dataFolder })` of `everview/lab`. An experiment is YAML; a `.sql` file of its declarations, with all else as YAML in a comment before them that begins with `everview lab`; or the default export of a `.ts` or `.js` file.',
    table(['part', 'written', 'default', 'meaning'], experimentRows),
    'A policy is `{ kind: interval, every: 9 days }`, with one of these kinds:',
    table(['kind', 'takes', 'refreshes'], scheduleRows),
    'Of a policy the report tells the mean `loss` of a row, the `cost` (processor time as `refreshCost` bills it, and all loss, in the prices), how many times the cost that is of the best schedule in hindsight (`× best`), the median time `behind` and the share of answers `beyond` a declared bound. That best schedule chooses among the moments at which this policy might have refreshed, deadlines between arrivals included; the row `(best in hindsight)` is the cheapest of all policies.',
  ];
}

function versionSections(): string[] {
  const rows = Object.entries(inputForms).map(([kind, { tensor, meaning }]) => [kind, tensor, meaning]);
  return [
    '## What a model version says, and taking it elsewhere',
    '`WEIGHTS OF m`, `WEIGHTS OF m VERSION 3` (`db.weights(name, { version })`): a row for each term of each score. `score` is the column, or the class whose log odds or log probability it is; `kind` is `intercept` (`weight`: the score where every number is 0 and no level known; `standardized_weight`: where every number is at its centre), `numeric`, `boolean` (`weight` per unit, from `center`; `missing_weight` in its place where the value is missing), `level`, `missing` or `unseen` (`weight` for that level, for NULL, for any other level); `rows` are training rows. Of Gaussian naive Bayes and qda it is the linear part of the score.',
    '`COMPARE m VERSION 3 WITH 5`, `COMPARE m VERSION 3 WITH 5 TOLERANCE 15` (`db.compare(name, 3, 5, { tolerance })`): any two versions, promoted or not, side by side. `part` is `rows` (scored: with a label and a prediction by both), `metric`, `flips` (`negative`: right in the first and wrong in the second; `positive`: the other way; of numbers right is an error up to the tolerance, by default those of the gate), `moves` (rows whose class differs, or whose number does by more than rounding, and by how much), `weight`. Both are scored on the hold-out as the clock has it now, over the training set as it was last refreshed: nothing is refreshed for it, and the message (`dataVersion`) says which version of the data that is.',
    '`FROM EXPLAIN_PREDICT(m, (SELECT …))`: as PREDICT, with the columns `score`, `baseline` (the score with every number at its centre, nothing missing and no level known) and `contributions`, a MAP of what each feature adds: `baseline` and the contributions sum to `score`, which is what the prediction is made of: the number itself, its logarithm (poisson, gamma), the log odds of the second class (logistic) or log probabilities but for a common term. With several scores each of the three is a MAP by score. Where the model reads a column of one of these names, the added one is `prediction_score`, `prediction_baseline` or `prediction_contributions`. Of quadratic scores, a term of two features is shared by them equally: the contributions are the Shapley values of the score against the baseline.',
    "`EXPORT MODEL m TO 'm.onnx'` (`db.exportModel(name)` gives the bytes): the version that answers as one ONNX file, its transform included; nothing is refreshed for it. It needs no more than the operators of ai.onnx 15 and, for texts, ai.onnx.ml 2; onnxruntime gives the same predictions from it in process and in WebAssembly. Inputs are the columns of the training set that the model reads, by name, each a vector with a value for each row; outputs are the columns that PREDICT adds. Where PREDICT gives NULL, a number is NaN and a class U+FFFF; classes are texts. The file is there whole or not at all, and tells model, versions, definition hash and how missing values are written. A model with `hash(…)` is refused: ONNX has no MD5, and counts as inputs would leave a part of the transform to the caller.",
    table(['input', 'tensor of', 'a value is'], rows),
  ];
}

async function refreshSections(): Promise<string[]> {
  const shapes = await shapeRows();
  return [
    '## How views are refreshed',
    'A view has up to three rungs. `algebraic`: its change follows by rule from the change of what it reads. `domain`: the keys that the change touches are computed anew. `full`: the whole view is, and only the difference is written. Each refresh takes the rung that costs least (`refresh = auto`). The tables are what the engine plans; a test keeps each shape on each of its rungs and compares with DuckDB. They read `sales (id, shop, item, day, sold_at, units, price, weight, returned, tags)`, `items (item, name, kind, cost)`, `prices (item, since, price)` and `links (parent, child)`.',
    ...shapes.flatMap(({ title, rows }) => [`### ${title}`, table(['shape', 'for example', 'rungs'], rows)]),
    '### Not kept',
    table(['query', 'for example', 'refused as'], refusedRows()),
    '### TPC-H',
    'The 22 queries with their validation parameters (`test/tpch`), ORDER BY only with LIMIT.',
    table(['query', 'rungs', 'what stands in the way of others'], await tpchRows()),
  ];
}

function certifiedSections(): string[] {
  const rows = nistDataSets.map(({ name, x, degree, digits }) => [
    name,
    String(x.length),
    degree > 1 ? `powers 1 to ${degree} of one column` : String(x[0]?.length ?? 0),
    String(digits),
  ]);
  return [
    '## Least squares on certified data',
    "NIST's linear regressions (Statistical Reference Datasets) as tables of DOUBLE with `l2 = 0`: decimal digits to which every coefficient agrees with the certified 15, at least. Where fewer are reached, the columns themselves are rounded: the fit of the doubles in the table, in exact arithmetic, is no nearer (Filip: 7.6). To that fit, all sets agree to 13 digits. A model has an intercept; NoInt1 and NoInt2 have none, and come out of training sets that hold each row and its mirror image.",
    table(['set', 'rows', 'features', 'digits'], rows),
  ];
}

/** The programs that the documentation shows, ready to run. */
export type ShownPrograms = AsyncDisposable & {
  /** What a program of the sources prints, without colour. */
  outputOf(source: string, ...args: readonly string[]): string;
};

export async function shownPrograms(): Promise<ShownPrograms> {
  const examples = ['first-model.ts', 'from-typescript.ts'].map((name) => `${root}/examples/${name}`);
  const workers = `${root}/src/lab/run/cell-worker.ts`;
  const bundle = await bundleProgram(`${root}/src/cli/main.ts`, workers, ...examples);
  return {
    outputOf: (source, ...args) =>
      execFileSync(process.execPath, [join(bundle.folder, `${basename(source, '.ts')}.mjs`), ...args], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1', EVERVIEW_REFRESH: '' },
      }),
    [Symbol.asyncDispose]: () => bundle[Symbol.asyncDispose](),
  };
}

/** What an example prints. */
function outputOfExample({ outputOf }: ShownPrograms, path: string): string {
  if (path.endsWith('.ts')) return outputOf(path);
  if (path.endsWith('.yaml'))
    return outputOf('src/cli/main.ts', 'lab', 'run', path, '--no-cache', '--workers', '1');
  return outputOf('src/cli/main.ts', 'sql', '-f', path);
}

/**
 * The README with its examples and their output as they are now.
 * @param runs whether the output of an example is to be made anew
 */
export function readme(
  text: string,
  programs: ShownPrograms,
  runs: (example: string) => boolean = () => true,
): string {
  return text.replaceAll(
    /<!-- (file|output): (\S+) -->\n```(\w*)\n[\s\S]*?```/g,
    (shown, what: string, path: string, language: string) => {
      if (what === 'output' && !runs(path)) return shown;
      const body = what === 'file' ? readText(path) : outputOfExample(programs, path);
      return `<!-- ${what}: ${path} -->\n\`\`\`${language}\n${body.trimEnd()}\n\`\`\``;
    },
  );
}
