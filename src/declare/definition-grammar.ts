import type { FeatureSelection } from './definition.ts';
import { draftOptions } from './read-options.ts';
import type { Name as PlacedName } from './statement.ts';
import { Comma, kw, Star } from './statement-lexer.ts';
import { type Created, type CreateSyntax, TableGrammar } from './table-grammar.ts';

/** CREATE of tables, views, training sets and models. */
export class DefinitionGrammar extends TableGrammar {
  protected readonly create = this.RULE('create', (): CreateSyntax => {
    this.CONSUME(kw('CREATE'));
    let orReplace = false;
    this.OPTION(() => {
      this.CONSUME(kw('OR'));
      this.CONSUME(kw('REPLACE'));
      orReplace = true;
    });
    this.ACTION(() => this.refuseForeignKinds());
    const created = this.OR<Created>([
      { ALT: () => this.SUBRULE(this.createTable) },
      { ALT: () => this.SUBRULE(this.createView) },
      { ALT: () => this.SUBRULE(this.createTrainingSet) },
      { ALT: () => this.SUBRULE(this.createModel) },
    ]);
    return { kind: 'create', orReplace, ...created };
  });

  private refuseForeignKinds(): void {
    const word = this.LA(1).image.toUpperCase();
    const hint = 'Everview creates TABLE, VIEW, MATERIALIZED VIEW, TRAINING SET and MODEL';
    if (/^(TEMP|TEMPORARY|INDEX|SCHEMA|SEQUENCE|MACRO|FUNCTION|TYPE|SECRET|RECURSIVE)$/.test(word)) {
      throw this.unsupported(`CREATE ${word}`, hint);
    }
    if (word === 'UNIQUE') throw this.unsupported('CREATE UNIQUE INDEX', 'declare UNIQUE (…) in the table');
  }

  private readonly createView = this.RULE('createView', (): Created => {
    let materialized = false;
    this.OPTION(() => {
      this.CONSUME(kw('MATERIALIZED'));
      materialized = true;
    });
    this.CONSUME(kw('VIEW'));
    const { name, ifNotExists } = this.SUBRULE(this.newName);
    const options = this.SUBRULE(this.withOptions);
    this.CONSUME(kw('AS'));
    const query = this.SUBRULE(this.select);
    return this.ACTION((): Created => {
      const draft = {
        kind: 'view',
        name,
        materialized,
        query: query.text,
        options: draftOptions(options),
      } as const;
      return { draft, query, name, options, ifNotExists };
    });
  });

  private readonly createTrainingSet = this.RULE('createTrainingSet', (): Created => {
    this.CONSUME(kw('TRAINING'));
    this.CONSUME(kw('SET'));
    const { name, ifNotExists } = this.SUBRULE(this.newName);
    const options = this.SUBRULE(this.withOptions);
    this.CONSUME(kw('AS'));
    const query = this.SUBRULE(this.select);
    return this.ACTION((): Created => {
      const draft = {
        kind: 'training-set',
        name,
        query: query.text,
        options: draftOptions(options),
      } as const;
      return { draft, query, name, options, ifNotExists };
    });
  });

  private readonly createModel = this.RULE('createModel', (): Created => {
    this.CONSUME(kw('MODEL'));
    const { name, ifNotExists } = this.SUBRULE(this.newName);
    const options = this.SUBRULE(this.withOptions);
    this.CONSUME(kw('AS'));
    const first = this.CONSUME(kw('SELECT'));
    const features = this.SUBRULE(this.features);
    this.ACTION(() => this.refuseExpression());
    this.CONSUME(kw('FROM'));
    const trainingSet = this.SUBRULE1(this.name);
    return this.ACTION((): Created => {
      this.refuseMoreOfModel();
      const query = this.slice(first, this.LA(0));
      const draft = { kind: 'model', name, trainingSet: trainingSet.name, features } as const;
      return { draft: { ...draft, options: draftOptions(options) }, query, name, options, ifNotExists };
    });
  });

  private refuseExpression(): void {
    const { image, tokenType } = this.LA(1);
    if (image === '' || tokenType === kw('FROM') || tokenType.name === 'Identifier') return;
    throw this.unexpected(
      ['FROM'],
      'a model takes columns of its training set as they are: compute in the set, or by the option expand',
    );
  }

  private refuseMoreOfModel(): void {
    this.refuseSchema();
    if (this.is(kw('WITH'))) throw this.unexpected(['the statement to end'], 'WITH (…) goes before AS');
    const { image } = this.LA(1);
    if (image === '' || image === ';') return;
    throw this.unexpected(
      ['the statement to end'],
      'a model reads one training set whole: filter and join there',
    );
  }

  private readonly features = this.RULE(
    'features',
    (): FeatureSelection =>
      this.OR<FeatureSelection>([
        {
          ALT: () => {
            this.CONSUME(Star);
            const except = this.OPTION(() => {
              this.CONSUME(kw('EXCLUDE'));
              return this.OR1([
                { ALT: () => this.SUBRULE1(this.nameList) },
                { ALT: () => [this.SUBRULE1(this.name)] },
              ]);
            });
            return this.ACTION(() => ({ kind: 'all', except: (except ?? []).map(({ name }) => name) }));
          },
        },
        {
          ALT: () => {
            const columns: PlacedName[] = [];
            this.AT_LEAST_ONE_SEP({
              SEP: Comma,
              DEF: () => {
                columns.push(this.SUBRULE2(this.name));
              },
            });
            return this.ACTION(() => ({ kind: 'columns', columns: columns.map(({ name }) => name) }));
          },
        },
      ]),
  );
}
