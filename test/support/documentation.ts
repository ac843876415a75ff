import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorTable } from '../../src/core/errors.ts';
import { reasonTable } from '../../src/core/reasons.ts';
import { listOptions } from '../../src/declare/options.ts';
import { statementForms } from '../../src/declare/statement-parser.ts';
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
    statementForms.map((form) => `- \`${form}\``).join('\n'),
    "A SELECT is DuckDB's, over declared names; `FROM PREDICT(model, (SELECT …))` or `FROM PREDICT(model, view)` adds the column `prediction` (in a materialized view it is kept, and follows the rows and the model), and `table AT (VERSION => n)` or `AT (TIMESTAMP => …)` reads the past. `now()` and its kin are the engine's clock.",
    'A SELECT may end in `WITH (…)`, the options of a query below: they stand over what the views and models it reads declare. `EXPLAIN SELECT …` answers, for each table, view and model the query reads, the ways it could be read: `plan` (`contents`, `refresh`, `compensate`, `recompute`, `history`, `refuse`), whether it is `chosen`, the `reason`, `predicted_ms`, the `version` of the answer, and `detail`.',
    'A statement that fails inside BEGIN … COMMIT ends its update: nothing more is taken until ROLLBACK or COMMIT. A SELECT inside an update reads the state before it.',
    'A model does not learn from rows whose label is NULL, NaN or infinite, nor from rows with an infinite feature; a feature that is NULL or NaN is a missing value, as `missing` says. Numbers too large to be squared in a DOUBLE count as infinite.',
    '## Options',
    ...options,
    ...(await refreshSections()),
    '## System tables',
    'Schema `everview`, read like any other: `tables`, `views`, `models`, `staleness` (what is declared and where it stands now), `updates`, `refreshes`, `regret`, `model_versions`, `gates`, `quarantine` (what was decided, and why).',
    '## Errors',
    'Every failure is an `EverviewError` with a `code`, a message, mostly a `hint` and a place in the text.',
    table(['code', 'category', 'meaning'], errors),
    '## Reasons',
    'Every recorded decision carries one of these.',
    table(['reason', 'meaning'], reasons),
    '',
  ].join('\n\n');
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

/** What a command prints, without colour. */
export function outputOf(args: readonly string[]): string {
  return execFileSync(process.execPath, ['--import', 'tsx', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', EVERVIEW_REFRESH: '' },
  });
}

/** The README with its examples and their output as they are now. */
export function readme(text: string): string {
  return text.replaceAll(
    /<!-- (file|output): (\S+) -->\n```(\w*)\n[\s\S]*?```/g,
    (_match, what: string, path: string, language: string) => {
      const body =
        what === 'file'
          ? readText(path)
          : outputOf(path.endsWith('.ts') ? [path] : ['src/cli/main.ts', 'sql', '-f', path]);
      return `<!-- ${what}: ${path} -->\n\`\`\`${language}\n${body.trimEnd()}\n\`\`\``;
    },
  );
}
