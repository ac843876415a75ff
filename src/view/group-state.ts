import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { stateOf } from './group-step.ts';

/**
 * Makes the table of a view's partial aggregates from the SELECT of them. Sums of 128 bits are kept as they are: DuckDB
 * packs them bit by bit at its next checkpoint, and a packed one takes about 300 ns to read where a plain one takes 1,
 * which every refresh and every query of the view would pay for each group.
 */
export async function makeState(tx: Session, name: string, select: string): Promise<void> {
  const columns = await tx.describe(select);
  if (!columns.some(({ type }) => type === wide)) {
    await tx.run(`CREATE OR REPLACE TABLE ${stateOf(name)} AS ${select}`);
    return;
  }
  const list = columns.map((column) => {
    const storage = column.type === wide ? ' USING COMPRESSION uncompressed' : '';
    return `${quoteIdentifier(column.name)} ${column.type}${storage}`;
  });
  await tx.run(`CREATE OR REPLACE TABLE ${stateOf(name)} (${list.join(', ')})`);
  await tx.run(`INSERT INTO ${stateOf(name)} ${select}`);
}

const wide = 'HUGEINT';
