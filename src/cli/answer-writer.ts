import type { StatementResult } from '../index.ts';
import type { Failure } from './failure-report.ts';

export const formats = ['table', 'json', 'csv', 'arrow'] as const;

export type Format = (typeof formats)[number];

/** Shows what each statement gave, in one format. Each call resolves once all of it has left the process. */
export interface AnswerWriter {
  result(statement: number, result: StatementResult): Promise<void>;
  /** @param statementText what the failure's place is in. */
  failure(statement: number, failure: Failure, statementText: string | null): Promise<void>;
  /** After the last statement. */
  end(): Promise<void>;
}
