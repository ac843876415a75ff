import { EverviewError } from '../core/errors.ts';
import { anyOf, atFrom, atUpdateOptions, GrammarBase, type Stop, stopAt } from './grammar-base.ts';
import { readIdempotencyKey } from './read-options.ts';
import type {
  InsertStatement,
  Name as PlacedName,
  RawOption,
  SqlFragment,
  StatementBody,
} from './statement.ts';
import {
  Comma,
  Equals,
  Identifier,
  kw,
  LeftParen,
  Name,
  OptionName,
  QuotedIdentifier,
  RightParen,
} from './statement-lexer.ts';

type Of<K extends StatementBody['kind']> = Extract<StatementBody, { kind: K }>;

type Conflict = InsertStatement['onConflict'];

const returning = stopAt(kw('RETURNING'));
const atWhere = anyOf(stopAt(kw('WHERE')), returning, atUpdateOptions);
const atConflict: Stop = (next, after) => next.tokenType === kw('ON') && after.tokenType === kw('CONFLICT');
const endOfAssignment = anyOf(stopAt(Comma, kw('WHERE')), atFrom, returning, atUpdateOptions);

const writeAnswer = 'query, and write the answer: everview sql --format csv|json|arrow -c "SELECT …" > file';

/** Statements that change rows. */
export class UpdateGrammar extends GrammarBase {
  protected readonly insert = this.RULE('insert', (): InsertStatement => {
    this.CONSUME(kw('INSERT'));
    let shortcut: Conflict = null;
    this.OPTION(() => {
      this.CONSUME(kw('OR'));
      this.OR([
        {
          ALT: () => {
            this.CONSUME(kw('REPLACE'));
            shortcut = { action: 'replace' };
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('IGNORE'));
            shortcut = { action: 'nothing', target: [] };
          },
        },
      ]);
    });
    this.CONSUME(kw('INTO'));
    const table = this.SUBRULE(this.name);
    const alias = this.SUBRULE(this.alias);
    const columns = this.OPTION1({
      GATE: () => this.startsNameList(),
      DEF: () => this.SUBRULE(this.nameList),
    });
    const byName = this.SUBRULE(this.byName);
    const source = this.SUBRULE(this.select, { ARGS: [anyOf(atConflict, returning, atUpdateOptions)] });
    const conflict = this.OPTION2(() => this.SUBRULE(this.onConflict)) ?? shortcut;
    const idempotencyKey = this.SUBRULE(this.idempotency);
    return {
      kind: 'insert',
      table,
      alias,
      columns: columns ?? null,
      byName,
      source,
      onConflict: conflict,
      idempotencyKey,
    };
  });

  private startsNameList(): boolean {
    return this.is(LeftParen) && this.is(Name, 2) && (this.is(Comma, 3) || this.is(RightParen, 3));
  }

  private readonly byName = this.RULE('byName', (): boolean => {
    let given = false;
    this.OPTION(() => {
      this.CONSUME(kw('BY'));
      this.CONSUME(kw('NAME'));
      given = true;
    });
    return given;
  });

  private readonly onConflict = this.RULE('onConflict', (): Conflict => {
    this.CONSUME(kw('ON'));
    this.CONSUME(kw('CONFLICT'));
    const target = this.OPTION(() => this.SUBRULE(this.nameList)) ?? [];
    this.CONSUME(kw('DO'));
    return this.OR([
      {
        ALT: (): Conflict => {
          this.CONSUME(kw('NOTHING'));
          return { action: 'nothing', target };
        },
      },
      {
        ALT: (): Conflict => {
          this.CONSUME(kw('UPDATE'));
          this.CONSUME(kw('SET'));
          const set = this.SUBRULE(this.assignments, { ARGS: [endOfAssignment] });
          const where = this.SUBRULE(this.where);
          return { action: 'update', target, set, where };
        },
      },
    ]);
  });

  protected readonly update = this.RULE('update', (): Of<'update'> => {
    this.CONSUME(kw('UPDATE'));
    const table = this.SUBRULE(this.name);
    const alias = this.SUBRULE(this.alias);
    this.CONSUME(kw('SET'));
    const set = this.SUBRULE(this.assignments, { ARGS: [endOfAssignment] });
    const from = this.OPTION(() => {
      this.CONSUME(kw('FROM'));
      return this.SUBRULE(this.fragment, { ARGS: ['a table', atWhere] });
    });
    const where = this.SUBRULE(this.where);
    const idempotencyKey = this.SUBRULE(this.idempotency);
    return { kind: 'update', table, alias, set, from: from ?? null, where, idempotencyKey };
  });

  protected readonly delete = this.RULE('delete', (): Of<'delete'> => {
    this.CONSUME(kw('DELETE'));
    this.CONSUME(kw('FROM'));
    const table = this.SUBRULE(this.name);
    const alias = this.SUBRULE(this.alias);
    const using = this.OPTION(() => {
      this.CONSUME(kw('USING'));
      return this.SUBRULE(this.fragment, { ARGS: ['a table', atWhere] });
    });
    const where = this.SUBRULE(this.where);
    const idempotencyKey = this.SUBRULE(this.idempotency);
    return { kind: 'delete', table, alias, using: using ?? null, where, idempotencyKey };
  });

  protected readonly copy = this.RULE('copy', (): Of<'copy-from'> => {
    this.CONSUME(kw('COPY'));
    this.ACTION(() => {
      if (this.is(LeftParen)) throw this.unsupported('COPY (…) TO', writeAnswer);
    });
    const table = this.SUBRULE(this.name);
    const columns = this.OPTION(() => this.SUBRULE(this.nameList)) ?? null;
    this.ACTION(() => {
      if (/^to$/i.test(this.LA(1).image)) throw this.unsupported('COPY … TO', writeAnswer);
    });
    this.CONSUME(kw('FROM'));
    const path = this.SUBRULE(this.stringValue);
    const options = this.OPTION1(() => {
      this.OPTION2(() => this.CONSUME(kw('WITH')));
      return this.SUBRULE(this.copyOptions);
    });
    return { kind: 'copy-from', table, columns, path, options: options ?? [] };
  });

  /** `(HEADER, DELIMITER ',', FORMAT = csv)`: `=` may be left out, and so may the value, which then is true. */
  private readonly copyOptions = this.RULE('copyOptions', (): RawOption[] => {
    const options: RawOption[] = [];
    this.CONSUME(LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        const token = this.CONSUME(OptionName);
        this.OPTION(() => this.CONSUME(Equals));
        const given = this.ACTION(() => !this.is(Comma) && !this.is(RightParen));
        const value = this.OPTION1({
          GATE: () => given,
          DEF: () => this.SUBRULE(this.fragment, { ARGS: ['a value', stopAt(Comma)] }),
        });
        this.ACTION(() => {
          const name = this.toName(token);
          options.push({ name, value: value ?? { text: 'true', at: name.at } });
        });
      },
    });
    this.CONSUME(RightParen);
    return options;
  });

  protected readonly quarantineRelease = this.RULE('quarantineRelease', (): Of<'quarantine-release'> => {
    this.CONSUME(kw('RELEASE'));
    const table = this.SUBRULE(this.quarantineOf);
    return { kind: 'quarantine-release', table, where: this.SUBRULE(this.where) };
  });

  protected readonly quarantineCorrect = this.RULE('quarantineCorrect', (): Of<'quarantine-correct'> => {
    this.CONSUME(kw('CORRECT'));
    const table = this.SUBRULE(this.quarantineOf);
    this.CONSUME(kw('SET'));
    const set = this.SUBRULE(this.assignments, { ARGS: [endOfAssignment] });
    return { kind: 'quarantine-correct', table, set, where: this.SUBRULE(this.where) };
  });

  protected readonly quarantineOf = this.RULE('quarantineOf', (): PlacedName => {
    this.CONSUME(kw('QUARANTINE'));
    this.CONSUME(kw('FOR'));
    return this.SUBRULE(this.name);
  });

  protected readonly where = this.RULE('where', (): SqlFragment | null => {
    const condition = this.OPTION(() => {
      this.CONSUME(kw('WHERE'));
      return this.SUBRULE(this.fragment, { ARGS: ['a condition', anyOf(returning, atUpdateOptions)] });
    });
    return condition ?? null;
  });

  /** `AS a`, or a plain `a` that is no word of the grammar. */
  private readonly alias = this.RULE('alias', (): string | null => {
    const named = this.OPTION(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(kw('AS'));
            return this.SUBRULE(this.name).name;
          },
        },
        { ALT: () => this.CONSUME(Identifier).image },
        {
          ALT: () => {
            const token = this.CONSUME(QuotedIdentifier);
            return this.ACTION(() => this.toName(token).name);
          },
        },
      ]),
    );
    return named ?? null;
  });

  /** `WITH (idempotency_key = 'k')`, at the end of an update. */
  protected readonly idempotency = this.RULE('idempotency', (): string | null => {
    this.ACTION(() => {
      if (!this.is(kw('RETURNING'))) return;
      throw this.unsupported('RETURNING', 'query the table after the update');
    });
    const options = this.OPTION(() => {
      this.CONSUME(kw('WITH'));
      return this.SUBRULE(this.options);
    });
    return this.ACTION(() => (options === undefined ? null : readIdempotencyKey(options)));
  });

  /** The error for something known that is not offered, at the next token. */
  protected unsupported(what: string, hint: string): EverviewError {
    return new EverviewError('unsupported', `${what} is not offered`, { at: this.placeOf(this.LA(1)), hint });
  }
}
