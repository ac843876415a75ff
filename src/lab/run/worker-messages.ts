import { z } from 'zod';
import { errorTable } from '../../index.ts';
import { experimentSchema } from '../experiment.ts';
import { policySchema } from '../policy.ts';
import { cellOutcomeSchema } from './cell-cache.ts';

/** What a worker is asked: one cell at a time. */
export const cellRequestSchema = z.strictObject({
  cell: z.strictObject({
    policy: policySchema,
    seed: z.number().int(),
    isCompared: z.boolean(),
    keepsMatrix: z.boolean(),
  }),
  experiment: experimentSchema,
  lossScale: z.number(),
  /** As `writeHistoryFile` leaves it. */
  historyFile: z.string(),
  /** For temporary files; whoever asks takes it away, also after the worker was killed. */
  scratchFolder: z.string(),
});

export type CellRequest = z.output<typeof cellRequestSchema>;

const isErrorCode = (code: string): code is keyof typeof errorTable => Object.hasOwn(errorTable, code);

/** What a worker says: any number of `progress`, then one of the others. */
export const cellAnswerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('progress'), steps: z.number() }),
  z.strictObject({ kind: z.literal('done'), outcome: cellOutcomeSchema }),
  z.strictObject({
    kind: z.literal('failed'),
    /** Of the error table; `internal` for what is no EverviewError. */
    code: z.string().refine(isErrorCode),
    message: z.string(),
    hint: z.string().nullable(),
  }),
]);

export type CellAnswer = z.output<typeof cellAnswerSchema>;
