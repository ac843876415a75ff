import type { ExitStatus, Terminal } from './terminal.ts';

export type StatusOptions = {
  readonly db: string;
  readonly now: Date | null;
  readonly format: 'table' | 'json';
};

export declare function runStatus(options: StatusOptions, terminal: Terminal): Promise<ExitStatus>;
