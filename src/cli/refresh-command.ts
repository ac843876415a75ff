import type { ExitStatus, Terminal } from './terminal.ts';

export type RefreshOptions = {
  /** Null: everything that is stale. */
  readonly name: string | null;
  readonly db: string;
  readonly now: Date | null;
  readonly how: 'auto' | 'incremental' | 'full';
  readonly format: 'table' | 'json';
};

export declare function runRefresh(options: RefreshOptions, terminal: Terminal): Promise<ExitStatus>;
