import type { StatementResult } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { renderFailure } from './failure-report.ts';
import { inPieces } from './in-pieces.ts';
import { provenanceLine } from './provenance-line.ts';
import { tableLines } from './table.ts';
import type { Output } from './terminal.ts';

/** For people: an aligned table, how many rows, and what the answer rests on; or one line of what was done. */
export function createTableWriter(stdout: Output, stderr: Output): AnswerWriter {
  return {
    async result(_statement, result) {
      for (const lines of inPieces(resultLines(result, stdout))) await stdout.write(`${lines.join('\n')}\n`);
    },
    failure: (_statement, failure, text) => stderr.write(renderFailure(failure, text, stderr.colors)),
  };
}

export function* resultLines(
  result: StatementResult,
  output: Pick<Output, 'colors' | 'widthColumns'>,
): Iterable<string> {
  const { colors } = output;
  if (result.columns.length > 0) {
    yield* tableLines(result, output);
    yield colors.dim(`(${count(result.rows.length, 'row')})`);
  }
  if (result.message !== null) yield result.message;
  for (const warning of result.update?.warnings ?? []) yield `${colors.yellow('warning')}: ${warning}`;
  if (result.kind === 'query' || result.kind === 'explain-query') yield colors.dim(provenanceLine(result));
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}
