import type { StatementResult } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { cellText } from './cell-text.ts';
import { renderFailure } from './failure-report.ts';
import { inPieces } from './in-pieces.ts';
import type { Output } from './terminal.ts';

/** Rows of each statement that has any, after RFC 4180; an empty line between two results. */
export function createCsvWriter(stdout: Output, stderr: Output): AnswerWriter {
  let written = false;
  return {
    async result(_statement, result) {
      if (result.columns.length === 0) return;
      if (written) await stdout.write('\r\n');
      for (const records of inPieces(csvRecords(result))) await stdout.write(records.join(''));
      written = true;
    },
    failure: (_statement, failure, text) => stderr.write(renderFailure(failure, text, stderr.colors)),
    async end() {},
  };
}

/** Header and rows, each with its line break. NULL is an empty field, the empty text `""`. */
export function* csvRecords({ columns, rows }: Pick<StatementResult, 'columns' | 'rows'>): Iterable<string> {
  yield record(columns.map((column) => csvField(column.name)));
  for (const row of rows) {
    yield record(
      columns.map((column) => {
        const text = cellText(row[column.name] ?? null, column.type);
        return text === null ? '' : csvField(text);
      }),
    );
  }
}

function record(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}

function csvField(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
