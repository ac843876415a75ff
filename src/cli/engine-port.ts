/** What the shell asks of the engine. Stands in for `src/index.ts` until that exports the real ones. */
import type { Clock } from '../core/clock.ts';
import type { TextPlace } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { StatementResult } from '../engine/result.ts';
import type { Provenance } from '../query/answer.ts';

export { SimulatedClock, systemClock } from '../core/clock.ts';
export { EverviewError } from '../core/errors.ts';
export type { Column } from '../core/schema.ts';
export type { StalenessReport } from '../core/staleness.ts';
export type { Row, SqlValue } from '../core/value.ts';
export { StatementReader, splitStatements } from '../declare/statement-reader.ts';
export type { StatementResult } from '../engine/result.ts';
export type { Provenance } from '../query/answer.ts';
export { toArrow } from '../query/arrow-out.ts';
export type { Clock, TextPlace };

export type StreamedAnswer = Provenance & {
  readonly columns: readonly Column[];
  batches(): AsyncIterable<readonly Row[]>;
};

export interface Everview {
  execute(statementText: string): Promise<StatementResult>;
  stream(sql: string): Promise<StreamedAnswer>;
  refresh(name: string, how?: 'auto' | 'incremental' | 'full'): Promise<StatementResult>;
  step(): Promise<number>;
  close(): Promise<void>;
}

export declare const Everview: {
  open(path: string, options?: { clock?: Clock }): Promise<Everview>;
};
