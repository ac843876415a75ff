import type { Everview, TextPlace } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { failureOf } from './failure.ts';
import { type ExitStatus, endsCommand, exitStatus } from './terminal.ts';
import type { Waiting } from './waiting.ts';

/** One statement and where it stands in the whole text. */
export type PlacedStatement = { readonly text: string; readonly at: TextPlace };

/** The part of an engine that answers statements. */
export type Engine = Pick<Everview, 'execute' | 'stream' | 'isInUpdate'>;

export type RunOptions = {
  readonly keepGoing: boolean;
  readonly interrupted: AbortSignal;
  readonly waiting: Waiting;
  /** How many statements were run before these. */
  readonly alreadyRun?: number;
};

/**
 * Runs statements one by one; each is answered, and the answer has left, before the next is asked for.
 * @returns `failed` when any statement failed, whether or not the others went on after it.
 */
export async function runStatements(
  engine: Engine,
  statements: AsyncIterable<PlacedStatement> | Iterable<PlacedStatement>,
  writer: AnswerWriter,
  options: RunOptions,
): Promise<ExitStatus> {
  let status: ExitStatus = exitStatus.done;
  let number = options.alreadyRun ?? 0;
  try {
    for await (const statement of statements) {
      options.interrupted.throwIfAborted();
      number++;
      if (await answered(engine, statement, number, writer, options.waiting)) continue;
      status = exitStatus.failed;
      if (!options.keepGoing) break;
    }
  } catch (error) {
    if (endsCommand(error)) throw error;
    // The text itself could not be read: an open quote at its end, a file that is no UTF-8.
    await writer.failure(number + 1, failureOf(error), null);
    status = exitStatus.failed;
  }
  return status;
}

/** Statements that are surely queries; others are executed, and answered whole if they turn out to be one. */
const startsQuery = /^\s*(SELECT|FROM|VALUES)\b/i;

async function answered(
  engine: Engine,
  statement: PlacedStatement,
  number: number,
  writer: AnswerWriter,
  waiting: Waiting,
): Promise<boolean> {
  try {
    // Of an open update a query is executed: what cannot even be read ends it, in every format.
    if (writer.stream !== undefined && !engine.isInUpdate && startsQuery.test(statement.text)) {
      const answer = await engine.stream(statement.text);
      try {
        await writer.stream(number, answer);
      } finally {
        await answer.close();
      }
    } else {
      await writer.result(number, await waiting.during(engine.execute(statement.text)));
    }
    return true;
  } catch (error) {
    if (endsCommand(error)) throw error;
    await writer.failure(number, failureOf(error, statement.at), statement.text);
    return false;
  }
}
