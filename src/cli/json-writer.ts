import type { StalenessReport, StatementResult } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { type Failure, placeInWhole } from './failure-report.ts';
import { inPieces } from './in-pieces.ts';
import { type Json, jsonNumber, jsonValue } from './json-value.ts';
import type { Output } from './terminal.ts';

/** One line of JSON a statement, failures included, so that a program can hold a conversation. */
export function createJsonWriter(stdout: Output): AnswerWriter {
  return {
    async result(statement, result) {
      for (const part of resultParts(statement, result)) await stdout.write(part);
    },
    failure: (statement, failure) => stdout.write(failureLine(statement, failure)),
  };
}

/** The line of a result, cut into parts that each fit a string. */
export function* resultParts(statement: number, result: StatementResult): Iterable<string> {
  const { columns, update } = result;
  const head = {
    statement,
    kind: result.kind,
    columns: columns.map((column) => column.name),
    types: columns.map((column) => column.type),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"rows":[`;
  let separator = '';
  for (const rows of inPieces(result.rows)) {
    const texts = rows.map((row) =>
      JSON.stringify(columns.map((column) => jsonValue(row[column.name] ?? null, column.type))),
    );
    yield separator + texts.join(',');
    separator = ',';
  }
  const tail = {
    version: result.version,
    models: result.models,
    staleness: Object.fromEntries(result.staleness.map((report) => [report.name, stalenessJson(report)])),
    path: result.path,
    message: result.message,
    ...(update === null ? {} : { update }),
  };
  yield `],${JSON.stringify(tail).slice(1)}\n`;
}

function stalenessJson({ versions, rows, ms, effect, asOf, policyMet }: StalenessReport): Json {
  return { versions, rows, ms, effect: effect === null ? null : jsonNumber(effect), asOf, policyMet };
}

function failureLine(statement: number, failure: Failure): string {
  return `${JSON.stringify({ statement, error: failureJson(failure) })}\n`;
}

export function failureJson(failure: Failure): Json {
  const place = placeInWhole(failure);
  return {
    code: failure.code,
    message: failure.message,
    line: place?.line ?? null,
    column: place?.column ?? null,
    hint: failure.hint,
  };
}
