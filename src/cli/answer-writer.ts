import type { StatementResult, StreamedAnswer } from '../index.ts';
import type { Failure } from './failure-report.ts';

export const formats = ['table', 'json', 'csv', 'arrow'] as const;

export type Format = (typeof formats)[number];

/** Shows what each statement gave, in one format. Each call resolves once all of it has left the process. */
export interface AnswerWriter {
  result(statement: number, result: StatementResult): Promise<void>;
  /** Where there is one, takes a query's rows while they are made; its answer is never whole in memory. */
  readonly stream?: (statement: number, answer: StreamedAnswer) => Promise<void>;
  /** @param statementText what the failure's place is in. */
  failure(statement: number, failure: Failure, statementText: string | null): Promise<void>;
}
