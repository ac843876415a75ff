import type { IToken } from 'chevrotain';
import { HeldGrammar } from './held-grammar.ts';
import type { AlterKind, Name as PlacedName, RawOption, StatementBody } from './statement.ts';
import { Dot, Identifier, kw, Name, Semicolon } from './statement-lexer.ts';
import { expectedLabels, unexpectedToken } from './syntax-error.ts';
import type { CreateSyntax } from './table-grammar.ts';

/** A statement as written: all but CREATE are final. */
export type StatementSyntax =
  | Exclude<StatementBody, { kind: 'create' | 'query' | 'explain-query' }>
  | CreateSyntax;

/** All statements but queries, which DuckDB parses. */
export class StatementGrammar extends HeldGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /**
   * The one statement in `text`.
   * @throws EverviewError `syntax-error` with the place in `text` and what was expected there.
   */
  parse(text: string): StatementSyntax {
    this.load(text);
    const statement = this.statement();
    this.assertParsed(text);
    return statement;
  }

  /**
   * The options of a query in `text`, whose `WITH (` is at `offset` and which nothing follows.
   * @throws EverviewError `syntax-error`
   */
  parseQueryOptions(text: string, offset: number): RawOption[] {
    this.load(text, offset);
    const options = this.queryOptions();
    this.assertParsed(text, "a query's options are its last part");
    return options;
  }

  private assertParsed(text: string, hint?: string): void {
    const [failure] = this.errors;
    if (failure === undefined) return;
    const found: IToken | null = failure.token.image === '' ? null : failure.token;
    throw unexpectedToken(text, found, expectedLabels(failure.message), hint);
  }

  private readonly body = this.RULE(
    'body',
    (): StatementSyntax =>
      this.OR<StatementSyntax>([
        { ALT: () => this.SUBRULE(this.create) },
        { ALT: () => this.SUBRULE(this.alter) },
        { ALT: () => this.SUBRULE(this.drop) },
        { ALT: () => this.SUBRULE(this.describe) },
        { ALT: () => this.SUBRULE(this.show) },
        { ALT: () => this.SUBRULE(this.refresh) },
        { ALT: () => this.SUBRULE(this.explain) },
        { ALT: () => this.SUBRULE(this.incidentAction) },
        { ALT: () => this.SUBRULE(this.exportModel) },
        { ALT: () => this.SUBRULE(this.weights) },
        { ALT: () => this.SUBRULE(this.compare) },
        { ALT: () => this.SUBRULE(this.profile) },
        { ALT: () => this.SUBRULE(this.drill) },
        { ALT: () => this.SUBRULE(this.insert) },
        { ALT: () => this.SUBRULE(this.update) },
        { ALT: () => this.SUBRULE(this.delete) },
        { ALT: () => this.SUBRULE(this.copy) },
        { ALT: () => this.SUBRULE(this.begin) },
        { ALT: () => this.SUBRULE(this.promote) },
        { ALT: () => this.SUBRULE(this.heldUpdate) },
        { ALT: () => this.SUBRULE(this.hold) },
        // Before `end`: ROLLBACK alone begins as it does.
        { ALT: () => this.SUBRULE(this.rollbackModel) },
        { ALT: () => this.SUBRULE(this.end) },
        { ALT: () => this.SUBRULE(this.quarantineRelease) },
        { ALT: () => this.SUBRULE(this.quarantineCorrect) },
      ]),
  );

  private readonly statement = this.RULE('statement', (): StatementSyntax => {
    const statement = this.SUBRULE(this.body);
    this.MANY(() => this.CONSUME(Semicolon));
    return statement;
  });

  private readonly queryOptions = this.RULE('queryOptions', (): RawOption[] => {
    this.CONSUME(kw('WITH'));
    return this.SUBRULE(this.options);
  });

  private readonly objectKind = this.RULE(
    'objectKind',
    (): AlterKind =>
      this.OR<AlterKind>([
        {
          ALT: () => {
            this.CONSUME(kw('TABLE'));
            return 'table';
          },
        },
        {
          ALT: () => {
            this.CONSUME1(kw('VIEW'));
            return 'view';
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('MATERIALIZED'));
            this.CONSUME2(kw('VIEW'));
            return 'materialized-view';
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('TRAINING'));
            this.CONSUME(kw('SET'));
            return 'training-set';
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('MODEL'));
            return 'model';
          },
        },
      ]),
  );

  private readonly alter = this.RULE('alter', (): StatementSyntax => {
    this.CONSUME(kw('ALTER'));
    const objectKind = this.SUBRULE(this.objectKind);
    const name = this.SUBRULE(this.name);
    this.ACTION(() => {
      const word = this.LA(1).image.toUpperCase();
      if (!/^(ADD|DROP|ALTER|RENAME|RESET)$/.test(word)) return;
      throw this.unsupported(
        `ALTER … ${word}`,
        'options change by ALTER … SET (…); all else by CREATE OR REPLACE',
      );
    });
    this.CONSUME(kw('SET'));
    const options = this.SUBRULE(this.options);
    return { kind: 'alter', objectKind, name, options };
  });

  private readonly drop = this.RULE('drop', (): StatementSyntax => {
    this.CONSUME(kw('DROP'));
    return this.OR<StatementSyntax>([
      {
        ALT: () => {
          const table = this.SUBRULE(this.quarantineOf);
          return { kind: 'quarantine-drop', table, where: this.SUBRULE(this.where) };
        },
      },
      {
        ALT: () => {
          const objectKind = this.SUBRULE(this.objectKind);
          let ifExists = false;
          this.OPTION({
            GATE: () => this.is(kw('EXISTS'), 2),
            DEF: () => {
              this.CONSUME(kw('IF'));
              this.CONSUME(kw('EXISTS'));
              ifExists = true;
            },
          });
          const name = this.SUBRULE(this.name);
          const cascade = this.OPTION1(() => this.CONSUME(kw('CASCADE'))) !== undefined;
          return { kind: 'drop', objectKind, name, ifExists, cascade };
        },
      },
    ]);
  });

  private readonly describe = this.RULE('describe', (): StatementSyntax => {
    this.OR([{ ALT: () => this.CONSUME(kw('DESCRIBE')) }, { ALT: () => this.CONSUME(kw('DESC')) }]);
    return { kind: 'describe', name: this.SUBRULE(this.dottedName) };
  });

  /** `everview.updates`: the engine's own tables are in a schema. */
  private readonly dottedName = this.RULE('dottedName', (): PlacedName => {
    const first = this.SUBRULE1(this.name);
    const second = this.OPTION(() => {
      this.CONSUME(Dot);
      return this.SUBRULE2(this.name);
    });
    return this.ACTION(() => {
      if (second === undefined) return first;
      const length = second.at.offset + second.at.length - first.at.offset;
      return { name: `${first.name}.${second.name}`, at: { ...first.at, length } };
    });
  });

  /** What follows SHOW PERFORMANCE. */
  private readonly followed = this.RULE('followed', (): StatementSyntax => {
    const model = this.OPTION1(() => {
      this.CONSUME(kw('OF'));
      return this.SUBRULE1(this.name);
    });
    const per = this.OPTION2(() => {
      this.CONSUME(kw('PER'));
      return this.SUBRULE2(this.name);
    });
    return { kind: 'show-performance', model: model ?? null, per: per ?? null };
  });

  private readonly show = this.RULE('show', (): StatementSyntax => {
    this.CONSUME(kw('SHOW'));
    const word = this.OR([
      { ALT: () => this.CONSUME(kw('TABLES')) },
      { ALT: () => this.CONSUME(kw('VIEWS')) },
      { ALT: () => this.CONSUME(kw('MODELS')) },
      { ALT: () => this.CONSUME(kw('STALENESS')) },
      { ALT: () => this.CONSUME(kw('REGRET')) },
      { ALT: () => this.CONSUME(kw('INCIDENTS')) },
      { ALT: () => this.CONSUME(kw('PERFORMANCE')) },
    ]);
    const followed = this.OPTION({
      GATE: () => word.tokenType === kw('PERFORMANCE'),
      DEF: () => this.SUBRULE(this.followed),
    });
    return this.ACTION((): StatementSyntax => {
      if (word.tokenType === kw('PERFORMANCE'))
        return followed ?? { kind: 'show-performance', model: null, per: null };
      if (word.tokenType === kw('TABLES')) return { kind: 'show', what: 'tables' };
      if (word.tokenType === kw('INCIDENTS')) return { kind: 'show-incidents' };
      if (word.tokenType === kw('VIEWS')) return { kind: 'show', what: 'views' };
      if (word.tokenType === kw('REGRET')) return { kind: 'show', what: 'regret' };
      return { kind: 'show', what: word.tokenType === kw('MODELS') ? 'models' : 'staleness' };
    });
  });

  private readonly refresh = this.RULE('refresh', (): StatementSyntax => {
    this.CONSUME(kw('REFRESH'));
    const name = this.SUBRULE(this.refreshedName);
    const how = this.OPTION(() =>
      this.OR<'incremental' | 'full'>([
        {
          ALT: () => {
            this.CONSUME(kw('INCREMENTAL'));
            return 'incremental';
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('FULL'));
            return 'full';
          },
        },
      ]),
    );
    return { kind: 'refresh', name, how: how ?? 'auto' };
  });

  /** The kind may be said and adds nothing: `REFRESH MODEL delay`. */
  private readonly refreshedName = this.RULE('refreshedName', (): PlacedName => {
    this.OPTION({
      GATE: () => this.startsWithKind(),
      DEF: () => this.SUBRULE(this.objectKind),
    });
    return this.SUBRULE(this.name);
  });

  /** Whether the next word is a kind and not an object of that name: `REFRESH model FULL` is one. */
  private startsWithKind(): boolean {
    if (this.is(kw('TABLE'))) return true;
    if (this.is(kw('MATERIALIZED')) || this.is(kw('TRAINING')))
      return this.is(kw('VIEW'), 2) || this.is(kw('SET'), 2);
    const how = this.is(kw('INCREMENTAL'), 2) || this.is(kw('FULL'), 2);
    return this.is(Name, 2) && !(how && !this.is(Name, 3));
  }

  private readonly explain = this.RULE('explain', (): StatementSyntax => {
    this.CONSUME(kw('EXPLAIN'));
    this.ACTION(() => {
      const { image, tokenType } = this.LA(1);
      if (
        tokenType !== kw('REFRESH') &&
        tokenType !== kw('INCIDENT') &&
        tokenType !== Identifier &&
        image !== ''
      ) {
        throw this.unsupported(
          'EXPLAIN of this statement',
          'EXPLAIN REFRESH name says how a view would be refreshed, EXPLAIN SELECT … how a query would be answered',
        );
      }
    });
    return this.OR<StatementSyntax>([
      {
        ALT: () => {
          this.CONSUME(kw('REFRESH'));
          return { kind: 'explain-refresh', name: this.SUBRULE(this.refreshedName) };
        },
      },
      { ALT: () => ({ kind: 'explain-incident', incident: this.SUBRULE(this.incidentNumber) }) },
    ]);
  });

  private readonly begin = this.RULE('begin', (): StatementSyntax => {
    this.CONSUME(kw('BEGIN'));
    this.SUBRULE(this.transactionWord);
    return { kind: 'begin', idempotencyKey: this.SUBRULE(this.idempotency) };
  });

  private readonly end = this.RULE('end', (): StatementSyntax => {
    const word = this.OR([
      { ALT: () => this.CONSUME(kw('COMMIT')) },
      { ALT: () => this.CONSUME(kw('ROLLBACK')) },
    ]);
    this.SUBRULE(this.transactionWord);
    return { kind: this.ACTION(() => (word.tokenType === kw('COMMIT') ? 'commit' : 'rollback')) };
  });

  private readonly transactionWord = this.RULE('transactionWord', (): void => {
    this.OPTION(() =>
      this.OR([{ ALT: () => this.CONSUME(kw('TRANSACTION')) }, { ALT: () => this.CONSUME(kw('WORK')) }]),
    );
  });
}
