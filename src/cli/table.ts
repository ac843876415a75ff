import stringWidth from 'string-width';
import type { Column, Row } from '../index.ts';
import { cellText } from './cell-text.ts';
import type { Output } from './terminal.ts';

export type TableContents = { readonly columns: readonly Column[]; readonly rows: readonly Row[] };

type Cell = { readonly text: string; readonly width: number; readonly isNull: boolean };

/** Narrowest a column is cut to on a terminal. */
const leastWidth = 8;

const separator = ' | ';

/** The lines of an aligned table; cut to the terminal's width where there is one. */
export function* tableLines(
  contents: TableContents,
  output: Pick<Output, 'colors' | 'widthColumns'>,
): Iterable<string> {
  const { colors, widthColumns } = output;
  const heads = contents.columns.map((column) => cell(column.name));
  const body = contents.rows.map((row) =>
    contents.columns.map((column) => cell(cellText(row[column.name] ?? null, column.type))),
  );
  const wanted = heads.map((head, i) => widest(head, body, i));
  const given = widthColumns === null ? wanted : fitWidths(wanted, widthColumns);
  const alignRight = contents.columns.map((column) => isNumeric(column.type));

  const line = (cells: readonly Cell[], paint: (text: string, of: Cell) => string): string =>
    cells
      .map((of, i) => {
        const last = i === cells.length - 1;
        return padded(of, given[i] ?? of.width, alignRight[i] ?? false, last, (text) => paint(text, of));
      })
      .join(colors.dim(separator));
  yield line(heads, (text) => colors.bold(text));
  yield colors.dim(given.map((width) => '-'.repeat(width)).join('-+-'));
  for (const cells of body) yield line(cells, (text, of) => (of.isNull ? colors.dim(text) : text));
}

function widest(head: Cell, body: readonly (readonly Cell[])[], column: number): number {
  return body.reduce((width, cells) => Math.max(width, cells[column]?.width ?? 0), head.width);
}

function cell(text: string | null): Cell {
  const shown = text === null ? 'NULL' : oneLine(text);
  return { text: shown, width: stringWidth(shown), isNull: text === null };
}

/** Line breaks and control characters written out: a cell stays on its line and cannot steer the terminal. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is written out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    return named[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function padded(
  of: Cell,
  width: number,
  right: boolean,
  last: boolean,
  paint: (text: string) => string,
): string {
  const text = of.width > width ? cut(of.text, width) : of.text;
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  if (right) return space + paint(text);
  return paint(text) + (last ? '' : space);
}

/** The beginning of a text in `width` terminal columns, `…` at its end. */
function cut(text: string, width: number): string {
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    const next = stringWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…`;
}

/** Takes from the widest columns first until the line fits, or every column is at its least. */
function fitWidths(wanted: readonly number[], widthColumns: number): number[] {
  const room = widthColumns - separator.length * (wanted.length - 1);
  const total = (limit: number): number => wanted.reduce((sum, width) => sum + Math.min(width, limit), 0);
  let limit = Math.max(leastWidth, Math.min(room, Math.max(...wanted)));
  while (limit > leastWidth && total(limit) > room) limit--;
  return wanted.map((width) => Math.min(width, limit));
}

function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|BIGNUM|DECIMAL\(.*\))$/.test(type);
}
