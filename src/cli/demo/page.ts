import { type TableContents, tableLines } from '../table.ts';
import type { Output } from '../terminal.ts';

/** A column of a printed table: numbers stand at the right. */
export type PageColumn = { readonly head: string; readonly align: 'left' | 'right' };

/** Writes a report, piece by piece. */
export class Page {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  async heading(text: string): Promise<void> {
    await this.#output.write(`\n${this.#output.colors.bold(this.#output.colors.cyan(text))}\n`);
  }

  async text(...lines: readonly string[]): Promise<void> {
    await this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  async aside(...lines: readonly string[]): Promise<void> {
    await this.text(...lines.map((line) => this.#output.colors.dim(line)));
  }

  /** @param rows cells in the order of the columns. */
  async table(columns: readonly PageColumn[], rows: readonly (readonly string[])[]): Promise<void> {
    const contents: TableContents = {
      columns: columns.map(({ head, align }) => ({
        name: head,
        type: align === 'right' ? 'DOUBLE' : 'VARCHAR',
      })),
      rows: rows.map((cells) =>
        Object.fromEntries(columns.map(({ head }, index) => [head, cells[index] ?? ''])),
      ),
    };
    await this.text(...tableLines(contents, this.#output));
  }
}

export function left(head: string): PageColumn {
  return { head, align: 'left' };
}

export function right(head: string): PageColumn {
  return { head, align: 'right' };
}

/** `2,967,215` */
export function count(value: unknown): string {
  return Number(value).toLocaleString('en-US');
}

/** A number with so many decimals; `–` where there is none. */
export function decimal(value: unknown, digits: number): string {
  const number = Number(value);
  return value === null || value === undefined || !Number.isFinite(number) ? '–' : number.toFixed(digits);
}

/** `3 versions`, `1 version` */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
