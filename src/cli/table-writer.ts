import type { AnswerWriter } from './answer-writer.ts';
import type { StatementResult } from './engine-port.ts';
import { renderFailure } from './failure-report.ts';
import { provenanceLine } from './provenance-line.ts';
import { renderTable } from './table.ts';
import type { Output } from './terminal.ts';

/** For people: an aligned table, how many rows, and what the answer rests on; or one line of what was done. */
export function createTableWriter(stdout: Output, stderr: Output): AnswerWriter {
  return {
    result: (_statement, result) => stdout.write(renderResult(result, stdout)),
    failure: (_statement, failure, text) => stderr.write(renderFailure(failure, text, stderr.colors)),
    async end() {},
  };
}

export function renderResult(
  result: StatementResult,
  output: Pick<Output, 'colors' | 'widthColumns'>,
): string {
  const { colors } = output;
  const lines: string[] = [];
  if (result.columns.length > 0) {
    lines.push(renderTable(result, output));
    lines.push(colors.dim(`(${count(result.rows.length, 'row')})`));
  }
  if (result.message !== null) lines.push(result.message);
  for (const warning of result.update?.warnings ?? []) lines.push(`${colors.yellow('warning')}: ${warning}`);
  if (result.kind === 'query') lines.push(colors.dim(provenanceLine(result)));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}
