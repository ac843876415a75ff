import { EverviewError } from '../index.ts';
import type { AnswerWriter, Format } from './answer-writer.ts';
import { arrowRefusal, createArrowWriter } from './arrow-writer.ts';
import { createCsvWriter } from './csv-writer.ts';
import { failureOf } from './failure.ts';
import { renderFailure } from './failure-report.ts';
import { createJsonWriter } from './json-writer.ts';
import { keepTime, openEngine } from './open-engine.ts';
import { runPrompt } from './run-prompt.ts';
import { type Engine, type PlacedStatement, type RunOptions, runStatements } from './run-statements.ts';
import { statementsOfFile, statementsOfInput, statementsOfText } from './statement-source.ts';
import { createTableWriter } from './table-writer.ts';
import { type ExitStatus, endsCommand, exitStatus, type Terminal } from './terminal.ts';
import { createWaiting } from './waiting.ts';
import { withEngine } from './with-engine.ts';

/** Where the statements come from. */
export type StatementSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'standard-input' };

export type SqlOptions = {
  /** A path or `:memory:`. */
  readonly db: string;
  /** The moment at which the clock stands; null: the system's clock. */
  readonly now: Date | null;
  readonly format: Format;
  readonly source: StatementSource;
  readonly keepGoing: boolean;
};

export async function runSql(options: SqlOptions, terminal: Terminal): Promise<ExitStatus> {
  const { stdin, stdout, stderr, interrupted } = terminal;
  const refusal = options.format === 'arrow' ? arrowRefusal(stdout) : null;
  if (refusal !== null) {
    await stderr.write(renderFailure(refusal, null, stderr.colors));
    return exitStatus.usage;
  }
  const writer = createWriter(options.format, terminal);
  try {
    const statements = await statementsOf(options.source, terminal);
    return await withEngine(
      () => openEngine(options.db, options.now),
      terminal,
      async (engine) => {
        await keepTime(engine, terminal);
        return options.source.kind === 'standard-input' && stdin.isTerminal && stdout.isTerminal
          ? runPrompt(engine, writer, terminal)
          : runToTheEnd(engine, statements, writer, {
              keepGoing: options.keepGoing,
              interrupted,
              waiting: createWaiting(terminal.stderr),
            });
      },
    );
  } catch (error) {
    if (endsCommand(error)) throw error;
    await writer.failure(0, failureOf(error), options.source.kind === 'text' ? options.source.text : null);
    return exitStatus.failed;
  }
}

/** Input that ends inside an update is a failure: what the update did is not kept. */
async function runToTheEnd(
  engine: Engine,
  statements: AsyncIterable<PlacedStatement> | Iterable<PlacedStatement>,
  writer: AnswerWriter,
  options: RunOptions,
): Promise<ExitStatus> {
  const status = await runStatements(engine, statements, writer, options);
  if (!engine.isInUpdate) return status;
  const failure = new EverviewError(
    'transaction-state',
    'the input ends inside an update, which is not kept',
    {
      hint: 'end what BEGIN opened with COMMIT',
    },
  );
  await writer.failure(0, failureOf(failure), null);
  return exitStatus.failed;
}

async function statementsOf(
  source: StatementSource,
  terminal: Terminal,
): Promise<AsyncIterable<PlacedStatement> | readonly PlacedStatement[]> {
  switch (source.kind) {
    case 'text':
      return statementsOfText(source.text);
    case 'file':
      return statementsOfFile(source.path);
    case 'standard-input':
      return statementsOfInput(terminal.stdin);
  }
}

function createWriter(format: Format, { stdout, stderr }: Terminal): AnswerWriter {
  switch (format) {
    case 'table':
      return createTableWriter(stdout, stderr);
    case 'json':
      return createJsonWriter(stdout);
    case 'csv':
      return createCsvWriter(stdout, stderr);
    case 'arrow':
      return createArrowWriter(stdout, stderr);
  }
}
