import type { IToken } from 'chevrotain';
import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import type {
  DefinitionDraft,
  DraftColumn,
  DraftConstraint,
  DraftName,
  TableDraft,
} from './definition-draft.ts';
import { stopAt } from './grammar-base.ts';
import { draftOptions } from './read-options.ts';
import type { Name as PlacedName, RawOption, SqlFragment } from './statement.ts';
import { Comma, kw, LeftParen, NumberLiteral, RightParen, tokenize } from './statement-lexer.ts';
import { mistypedKeyword } from './syntax-error.ts';
import { UpdateGrammar } from './update-grammar.ts';

/** A CREATE as written; the parser makes the definition of it. */
export type CreateSyntax = {
  readonly kind: 'create';
  readonly draft: DefinitionDraft;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly query: SqlFragment | null;
  readonly name: PlacedName;
  readonly options: readonly RawOption[];
};

/** What follows CREATE. */
export type Created = Pick<CreateSyntax, 'draft' | 'query' | 'name' | 'options' | 'ifNotExists'>;

type TableElement = {
  readonly columns: readonly DraftColumn[];
  readonly constraints: readonly DraftConstraint[];
};

/** What a part of a column that is no type starts with. */
const columnConstraints = [
  'NOT',
  'NULL',
  'DEFAULT',
  'CHECK',
  'UNIQUE',
  'PRIMARY',
  'REFERENCES',
  'CONSTRAINT',
] as const;

const atColumnConstraint = stopAt(Comma, ...columnConstraints.map(kw));

/** The words of a type but for those in brackets or quotes. */
function wordsOf(type: string): IToken[] {
  let depth = 0;
  return tokenize(type).filter(({ tokenType, image }) => {
    if (tokenType === LeftParen) depth += 1;
    if (tokenType === RightParen) depth -= 1;
    return depth === 0 && /^\w+$/.test(image);
  });
}

/** CREATE TABLE, and what all CREATEs share. */
export class TableGrammar extends UpdateGrammar {
  protected readonly newName = this.RULE('newName', (): { name: PlacedName; ifNotExists: boolean } => {
    let ifNotExists = false;
    this.OPTION({
      GATE: () => this.is(kw('IF')) && this.is(kw('NOT'), 2),
      DEF: () => {
        this.CONSUME(kw('IF'));
        this.CONSUME(kw('NOT'));
        this.CONSUME(kw('EXISTS'));
        ifNotExists = true;
      },
    });
    const name = this.SUBRULE(this.name);
    this.ACTION(() => this.refuseSchema());
    return { name, ifNotExists };
  });

  /** Names have one part. */
  protected refuseSchema(): void {
    if (this.LA(1).image !== '.') return;
    throw this.unexpected(['the name to end here'], 'objects are in no schema: write the name alone');
  }

  protected readonly withOptions = this.RULE('withOptions', (): RawOption[] => {
    const options = this.OPTION(() => {
      this.CONSUME(kw('WITH'));
      return this.SUBRULE(this.options);
    });
    return options ?? [];
  });

  protected readonly createTable = this.RULE('createTable', (): Created => {
    this.CONSUME(kw('TABLE'));
    const { name, ifNotExists } = this.SUBRULE(this.newName);
    this.ACTION(() => {
      if (this.is(kw('AS')))
        throw this.unsupported('CREATE TABLE … AS', 'CREATE MATERIALIZED VIEW keeps a query');
    });
    const elements: TableElement[] = [];
    this.CONSUME(LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        elements.push(this.SUBRULE(this.tableElement));
      },
    });
    this.CONSUME(RightParen);
    const options = this.SUBRULE(this.withOptions);
    return this.ACTION((): Created => {
      const columns = elements.flatMap((element) => element.columns);
      const constraints = elements.flatMap((element) => element.constraints);
      const draft: TableDraft = { kind: 'table', name, columns, constraints, options: draftOptions(options) };
      return { draft, query: null, name, options, ifNotExists };
    });
  });

  private readonly tableElement = this.RULE(
    'tableElement',
    (): TableElement =>
      this.OR([
        {
          ALT: (): TableElement => {
            const name = this.SUBRULE(this.constraintName);
            const constraint = this.SUBRULE(this.tableConstraint, { ARGS: [name] });
            return { columns: [], constraints: [constraint] };
          },
        },
        { ALT: (): TableElement => this.SUBRULE(this.column) },
      ]),
  );

  private readonly constraintName = this.RULE('constraintName', (): DraftName | null => {
    const name = this.OPTION(() => {
      this.CONSUME(kw('CONSTRAINT'));
      return this.SUBRULE(this.name);
    });
    return name ?? null;
  });

  private readonly tableConstraint = this.RULE(
    'tableConstraint',
    (name: DraftName | null): DraftConstraint =>
      this.OR<DraftConstraint>([
        {
          ALT: () => {
            this.CONSUME(kw('CHECK'));
            const expression = this.SUBRULE(this.parenthesized);
            return { kind: 'check', name, expression: expression.text, column: null };
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('UNIQUE'));
            return { kind: 'unique', name, columns: this.SUBRULE1(this.nameList) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('PRIMARY'));
            this.CONSUME1(kw('KEY'));
            return { kind: 'primary-key', name, columns: this.SUBRULE2(this.nameList) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('FOREIGN'));
            this.CONSUME2(kw('KEY'));
            const columns = this.SUBRULE3(this.nameList);
            return { kind: 'references', name, columns, ...this.SUBRULE(this.references) };
          },
        },
      ]),
  );

  private readonly references = this.RULE('references', () => {
    this.CONSUME(kw('REFERENCES'));
    const table: DraftName = this.SUBRULE(this.name);
    const targetColumns: readonly DraftName[] = this.OPTION(() => this.SUBRULE(this.nameList)) ?? [];
    const matchRate = this.OPTION1(() => {
      this.CONSUME(kw('MATCH'));
      this.CONSUME(kw('RATE'));
      return Number(this.CONSUME(NumberLiteral).image);
    });
    return { table, targetColumns, matchRate };
  });

  private readonly column = this.RULE('column', (): TableElement => {
    const name = this.SUBRULE(this.name);
    const type = this.SUBRULE1(this.fragment, { ARGS: ['a type', atColumnConstraint] });
    this.ACTION(() => {
      this.refuseGenerated(type);
      this.refuseMistyped(type);
    });
    let defaultValue: string | null = null;
    const constraints: DraftConstraint[] = [];
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(kw('DEFAULT'));
            // DEFAULT NULL, DEFAULT NOT x: the first word is the value's, whatever it is.
            defaultValue = this.SUBRULE2(this.fragment, {
              ARGS: ['an expression', atColumnConstraint, true],
            }).text;
          },
        },
        {
          ALT: () => {
            const given = this.SUBRULE(this.constraintName);
            constraints.push(this.SUBRULE(this.columnConstraint, { ARGS: [name, given] }));
          },
        },
      ]),
    );
    return this.ACTION(() => ({
      columns: [{ ...name, type: type.text, default: defaultValue }],
      constraints,
    }));
  });

  private refuseGenerated(type: SqlFragment): void {
    const found = wordsOf(type.text).find(({ image }) => /^(GENERATED|COLLATE|AS)$/i.test(image));
    if (found === undefined) return;
    throw new EverviewError('unsupported', `${found.image.toUpperCase()} in a column is not offered`, {
      at: this.placeWithin(type, found),
      hint: 'compute it in a view over the table',
    });
  }

  /** `INTEGER CHEK (…)`: what is no word of the grammar is taken for a part of the type. */
  private refuseMistyped(type: SqlFragment): void {
    for (const found of wordsOf(type.text).slice(1)) {
      const meant = mistypedKeyword(found.image, columnConstraints);
      if (meant === null) continue;
      throw new EverviewError('syntax-error', `${found.image} is no part of a type`, {
        at: this.placeWithin(type, found),
        hint: `did you mean ${meant}?`,
      });
    }
  }

  private placeWithin({ at }: SqlFragment, { startOffset, image }: IToken): TextPlace {
    return placeIn(this.source, at.offset + startOffset, image.length);
  }

  private readonly columnConstraint = this.RULE(
    'columnConstraint',
    (column: PlacedName, name: DraftName | null): DraftConstraint =>
      this.OR<DraftConstraint>([
        {
          ALT: () => {
            this.CONSUME(kw('NOT'));
            this.CONSUME1(kw('NULL'));
            return { kind: 'not-null', name, column };
          },
        },
        {
          ALT: () => {
            this.CONSUME2(kw('NULL'));
            return { kind: 'nullable', name, column };
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('CHECK'));
            return { kind: 'check', name, expression: this.SUBRULE(this.parenthesized).text, column };
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('UNIQUE'));
            return { kind: 'unique', name, columns: [column] };
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('PRIMARY'));
            this.CONSUME(kw('KEY'));
            return { kind: 'primary-key', name, columns: [column] };
          },
        },
        { ALT: () => ({ kind: 'references', name, columns: [column], ...this.SUBRULE(this.references) }) },
      ]),
  );
}
