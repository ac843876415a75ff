import type { Column, Row } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { cellText } from './cell-text.ts';
import { renderFailure } from './failure-report.ts';
import { inPieces } from './in-pieces.ts';
import type { Output } from './terminal.ts';

/** Rows of each statement that has any, after RFC 4180; an empty line between two results. */
export function createCsvWriter(stdout: Output, stderr: Output): AnswerWriter {
  let written = false;
  const begin = async (columns: readonly Column[]): Promise<void> => {
    await stdout.write((written ? '\r\n' : '') + csvHead(columns));
    written = true;
  };
  return {
    async result(_statement, { columns, rows }) {
      if (columns.length === 0) return;
      await begin(columns);
      for (const piece of inPieces(rows)) await stdout.write(csvRecords(columns, piece));
    },
    async stream(_statement, answer) {
      await begin(answer.columns);
      for await (const rows of answer.batches()) await stdout.write(csvRecords(answer.columns, rows));
    },
    failure: (_statement, failure, text) => stderr.write(renderFailure(failure, text, stderr.colors)),
  };
}

export function csvHead(columns: readonly Column[]): string {
  return record(columns.map((column) => csvField(column.name)));
}

/** Rows, each with its line break. NULL is an empty field, the empty text `""`. */
export function csvRecords(columns: readonly Column[], rows: readonly Row[]): string {
  return rows
    .map((row) =>
      record(
        columns.map((column) => {
          const text = cellText(row[column.name] ?? null, column.type);
          return text === null ? '' : csvField(text);
        }),
      ),
    )
    .join('');
}

function record(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}

function csvField(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
