import type { Colors } from 'picocolors/types.js';
import stringWidth from 'string-width';

/** Both count from 1. */
export type PlaceInText = { readonly line: number; readonly column: number };

/** What went wrong, without the machinery of an exception. */
export type Failure = {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** Within the statement. */
  readonly at: (PlaceInText & { readonly length: number }) | null;
  /** Where the statement begins in the whole text. */
  readonly statement: PlaceInText;
};

/** Code units of a source line shown on either side of the place. */
const shownAround = 60;

/** The place in the whole text, of which the statement is a part; null when the failure has none. */
export function placeInWhole(failure: Failure): PlaceInText | null {
  const { at, statement } = failure;
  if (at === null) return null;
  return {
    line: statement.line + at.line - 1,
    column: at.line === 1 ? statement.column + at.column - 1 : at.column,
  };
}

/**
 * A failure for people: `error[code]: message`, the source line with carets under the place, the hint.
 * @param statementText the text that the failure's place is in; null when there is none to show.
 */
export function renderFailure(failure: Failure, statementText: string | null, colors: Colors): string {
  const lines = [`${colors.red(`error[${failure.code}]`)}: ${colors.bold(failure.message)}`];
  const whole = placeInWhole(failure);
  if (whole !== null && failure.at !== null && statementText !== null) {
    const source = statementText.split(/\r?\n/)[failure.at.line - 1] ?? '';
    const gutter = String(whole.line);
    const { shown, carets } = underline(source, failure.at.column - 1, failure.at.length);
    lines.push(
      colors.dim(`  at line ${whole.line}, column ${whole.column}`),
      `${colors.dim(`${gutter} |`)} ${shown}`,
      `${colors.dim(`${' '.repeat(gutter.length)} |`)} ${colors.red(carets)}`,
    );
  }
  if (failure.hint !== null) lines.push(`${colors.cyan('hint')}: ${failure.hint}`);
  return `${lines.join('\n')}\n`;
}

/** The part of a line around a place, and carets that stand under it in a terminal. */
function underline(source: string, offset: number, length: number): { shown: string; carets: string } {
  const end = Math.min(source.length, offset + Math.max(1, length));
  const from = offset > 2 * shownAround ? offset - shownAround : 0;
  const to = source.length - end > 2 * shownAround ? end + shownAround : source.length;
  const before = printable((from > 0 ? '…' : '') + source.slice(from, offset));
  const marked = printable(source.slice(offset, end));
  const after = printable(source.slice(end, to) + (to < source.length ? '…' : ''));
  return {
    shown: before + marked + after,
    carets: ' '.repeat(stringWidth(before)) + '^'.repeat(Math.max(1, stringWidth(marked))),
  };
}

/** Tabs become two spaces, so that the carets stand where they should; other control characters a mark. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach the terminal
  return text.replaceAll('\t', '  ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}
