import type { AnswerWriter } from './answer-writer.ts';
import { cellText } from './cell-text.ts';
import type { StatementResult } from './engine-port.ts';
import { renderFailure } from './failure-report.ts';
import type { Output } from './terminal.ts';

/** Rows of each statement that has any, after RFC 4180; an empty line between two results. */
export function createCsvWriter(stdout: Output, stderr: Output): AnswerWriter {
  let written = false;
  return {
    async result(_statement, result) {
      if (result.columns.length === 0) return;
      await stdout.write((written ? '\r\n' : '') + renderCsv(result));
      written = true;
    },
    failure: (_statement, failure, text) => stderr.write(renderFailure(failure, text, stderr.colors)),
    async end() {},
  };
}

/** NULL is an empty field, the empty text `""`. */
export function renderCsv({ columns, rows }: Pick<StatementResult, 'columns' | 'rows'>): string {
  const records = [
    columns.map((column) => csvField(column.name)),
    ...rows.map((row) =>
      columns.map((column) => {
        const text = cellText(row[column.name] ?? null, column.type);
        return text === null ? '' : csvField(text);
      }),
    ),
  ];
  return records.map((fields) => `${fields.join(',')}\r\n`).join('');
}

function csvField(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
