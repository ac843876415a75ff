import type { AnswerWriter } from './answer-writer.ts';
import type { StatementResult } from './engine-port.ts';
import { type Failure, placeInWhole } from './failure-report.ts';
import { type Json, jsonNumber, jsonValue } from './json-value.ts';
import type { Output } from './terminal.ts';

/** One line of JSON a statement, failures included, so that a program can hold a conversation. */
export function createJsonWriter(stdout: Output): AnswerWriter {
  const line = (json: Json): Promise<void> => stdout.write(`${JSON.stringify(json)}\n`);
  return {
    result: (statement, result) => line(resultJson(statement, result)),
    failure: (statement, failure) => line({ statement, error: failureJson(failure) }),
    async end() {},
  };
}

export function resultJson(statement: number, result: StatementResult): Json {
  const { columns, update } = result;
  return {
    statement,
    kind: result.kind,
    columns: columns.map((column) => column.name),
    types: columns.map((column) => column.type),
    rows: result.rows.map((row) => columns.map((column) => jsonValue(row[column.name] ?? null, column.type))),
    version: result.version,
    models: { ...result.models },
    staleness: Object.fromEntries(
      result.staleness.map(({ name, versions, rows, ms, effect, asOf, policyMet }) => [
        name,
        { versions, rows, ms, effect: effect === null ? null : jsonNumber(effect), asOf, policyMet },
      ]),
    ),
    path: result.path,
    message: result.message,
    ...(update === null ? {} : { update: { ...update } }),
  };
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
