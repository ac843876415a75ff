import type { TextPlace } from '../core/errors.ts';
import { nextPiece } from './sql-lexical.ts';

/** One statement's text, without the `;` and the comments around it, and where it stands in the whole input. */
export type StatementText = { readonly text: string; readonly at: TextPlace };

/**
 * Cuts a stream of text into statements. The same statements come out however the text is cut into chunks, and each
 * as soon as its `;` is there.
 */
export class StatementReader {
  /** What is not yet given out; it starts at `#line`, `#column`, `#offset` of the input. */
  #buffer = '';
  #offset = 0;
  #line = 1;
  #column = 1;
  /** How far the buffer is cut into pieces. */
  #scanned = 0;
  /** Start and end in the buffer of the statement that is being read. */
  #statement: { start: number; end: number } | null = null;

  /** Whether a statement was started that is not complete. */
  get isPending(): boolean {
    return this.#statement !== null || this.#scanned < this.#buffer.length;
  }

  /** The statements that are complete now. */
  push(chunk: string): StatementText[] {
    this.#buffer += chunk;
    return this.#scan(false);
  }

  /** The rest, of which the last may lack its `;`. Comments are no statement. */
  end(): StatementText[] {
    const statements = this.#scan(true);
    const last = this.#take();
    return last === null ? statements : [...statements, last];
  }

  #scan(atEnd: boolean): StatementText[] {
    const statements: StatementText[] = [];
    while (this.#scanned < this.#buffer.length) {
      const piece = nextPiece(this.#buffer, this.#scanned);
      const { end, kind } = piece;
      if (!atEnd && kind !== 'semicolon' && mayGoOn(this.#buffer, end)) break;
      const start = this.#scanned;
      this.#scanned = end;
      if (kind === 'semicolon') {
        const statement = this.#take();
        if (statement !== null) statements.push(statement);
      } else if (kind !== 'blank') {
        this.#statement = { start: this.#statement?.start ?? start, end };
      }
    }
    return statements;
  }

  /** The statement read so far, if any; what was scanned is dropped from the buffer. */
  #take(): StatementText | null {
    const range = this.#statement;
    let statement: StatementText | null = null;
    if (range !== null) {
      this.#drop(range.start);
      const text = this.#buffer.slice(0, range.end - range.start);
      statement = {
        text,
        at: { line: this.#line, column: this.#column, offset: this.#offset, length: text.length },
      };
      this.#statement = null;
    }
    this.#drop(this.#scanned);
    return statement;
  }

  #drop(count: number): void {
    const dropped = this.#buffer.slice(0, count);
    const lastBreak = dropped.lastIndexOf('\n');
    this.#line += dropped.split('\n').length - 1;
    this.#column = lastBreak < 0 ? this.#column + count : count - lastBreak;
    this.#offset += count;
    this.#buffer = this.#buffer.slice(count);
    this.#scanned -= count;
  }
}

/** Whether the next chunk may make the piece that ends at `end` longer: it touches the end, or an exponent is begun. */
function mayGoOn(buffer: string, end: number): boolean {
  return buffer.length - end <= 2 && /^(?:[eE][+-]?)?$/.test(buffer.slice(end));
}

/** The statements of a whole text. */
export function splitStatements(text: string): StatementText[] {
  const reader = new StatementReader();
  return [...reader.push(text), ...reader.end()];
}

/** The place in the script of a place in one of its statements, which stands at `statement`. */
export function placeInScript(place: TextPlace, statement: TextPlace): TextPlace {
  return {
    line: statement.line + place.line - 1,
    column: place.line === 1 ? statement.column + place.column - 1 : place.column,
    offset: statement.offset + place.offset,
    length: place.length,
  };
}
