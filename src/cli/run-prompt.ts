import { EverviewError, StatementReader, splitStatements } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { failureOf } from './failure.ts';
import { type Engine, type PlacedStatement, runStatements } from './run-statements.ts';
import { type ExitStatus, exitStatus, type Terminal } from './terminal.ts';
import { createWaiting } from './waiting.ts';

const commands = {
  '.help': 'show this',
  '.quit': 'leave (so does Ctrl-D)',
} as const;

const help = `${[
  'A statement ends with ; and may go over several lines. Ctrl-C takes back what was typed.',
  'SHOW TABLES; SHOW VIEWS; SHOW MODELS; SHOW STALENESS; SHOW REGRET; DESCRIBE name; EXPLAIN REFRESH name;',
  ...Object.entries(commands).map(([name, meaning]) => `${name.padEnd(6)} ${meaning}`),
].join('\n')}\n`;

/** The conversation with a person: each statement is answered as soon as its `;` was typed. */
export async function runPrompt(
  engine: Engine,
  writer: AnswerWriter,
  terminal: Terminal,
): Promise<ExitStatus> {
  const { stdout, interrupted } = terminal;
  const prompt = await terminal.openPrompt();
  const waiting = createWaiting(terminal.stderr);
  try {
    await stdout.write(stdout.colors.dim('.help for help, .quit to leave\n'));
    let typed = '';
    let alreadyRun = 0;
    for (;;) {
      const answer = await prompt.ask(typed === '' ? 'everview> ' : '     ...> ');
      if (answer.kind === 'ended') break;
      if (answer.kind === 'cancelled') {
        typed = '';
      } else if (typed === '' && /^\s*\.|^\s*(quit|exit|help);?\s*$/i.test(answer.text)) {
        if (await isFarewell(answer.text, writer, terminal)) break;
      } else {
        const { complete, rest } = takeStatements(`${typed}${answer.text}\n`);
        await runStatements(engine, complete, writer, { keepGoing: true, interrupted, waiting, alreadyRun });
        alreadyRun += complete.length;
        typed = rest;
      }
    }
  } finally {
    await prompt.close();
  }
  return exitStatus.done;
}

/** `.quit` and its like; the other dot commands are answered here. */
async function isFarewell(typed: string, writer: AnswerWriter, { stdout }: Terminal): Promise<boolean> {
  switch (typed.trim().replace(/;$/, '').replace(/^\./, '').toLowerCase()) {
    case 'quit':
    case 'exit':
    case 'q':
      return true;
    case 'help':
    case 'h':
      await stdout.write(help);
      return false;
    default: {
      const unknown = new EverviewError('usage', `there is no command "${typed.trim()}"`, {
        hint: `known: ${Object.keys(commands).join(', ')}; statements end with ;`,
      });
      await writer.failure(0, failureOf(unknown), null);
      return false;
    }
  }
}

/** The statements that are whole, and what was begun after them; comments and space alone begin nothing. */
function takeStatements(text: string): { complete: readonly PlacedStatement[]; rest: string } {
  const complete = new StatementReader().push(text);
  const last = complete.at(-1);
  const rest = last === undefined ? text : text.slice(last.at.offset + last.at.length);
  const inComment = rest.lastIndexOf('/*') > rest.lastIndexOf('*/');
  return { complete, rest: splitStatements(rest).length > 0 || inComment ? rest : '' };
}
