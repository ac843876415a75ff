import { EverviewError } from '../core/errors.ts';
import { DefinitionGrammar } from './definition-grammar.ts';
import type { Numbered, StatementBody } from './statement.ts';
import { kw, NumberLiteral, StringLiteral } from './statement-lexer.ts';

type Of<K extends StatementBody['kind']> = Extract<StatementBody, { kind: K }>;

/** Statements around a model's versions. */
export class ModelGrammar extends DefinitionGrammar {
  protected readonly exportModel = this.RULE('exportModel', (): Of<'export-model'> => {
    this.CONSUME(kw('EXPORT'));
    this.ACTION(() => {
      if (/^(DATABASE|TABLE|VIEW)$/i.test(this.LA(1).image))
        throw this.unsupported(
          `EXPORT ${this.LA(1).image.toUpperCase()}`,
          "EXPORT MODEL name TO 'file.onnx' writes a model",
        );
    });
    this.CONSUME(kw('MODEL'));
    const name = this.SUBRULE(this.name);
    this.CONSUME(kw('TO'));
    const token = this.CONSUME(StringLiteral);
    return this.ACTION(() => ({
      kind: 'export-model',
      name,
      path: token.image.slice(1, -1).replaceAll("''", "'"),
      pathAt: this.placeOf(token),
    }));
  });

  protected readonly weights = this.RULE('weights', (): Of<'weights'> => {
    this.CONSUME(kw('WEIGHTS'));
    this.CONSUME(kw('OF'));
    const name = this.SUBRULE(this.name);
    const version = this.OPTION(() => {
      this.CONSUME(kw('VERSION'));
      return this.SUBRULE(this.versionNumber);
    });
    return { kind: 'weights', name, version: version ?? null };
  });

  protected readonly compare = this.RULE('compare', (): Of<'compare'> => {
    this.CONSUME(kw('COMPARE'));
    const name = this.SUBRULE(this.name);
    this.CONSUME(kw('VERSION'));
    const before = this.SUBRULE1(this.versionNumber);
    this.CONSUME(kw('WITH'));
    this.OPTION(() => this.CONSUME1(kw('VERSION')));
    const after = this.SUBRULE2(this.versionNumber);
    const tolerance = this.OPTION1(() => {
      this.CONSUME(kw('TOLERANCE'));
      const token = this.CONSUME(NumberLiteral);
      return this.ACTION(() => Number(token.image));
    });
    return { kind: 'compare', name, before, after, tolerance: tolerance ?? null };
  });

  /** A model version: from 1 on. */
  protected readonly versionNumber = this.RULE('versionNumber', (): Numbered => {
    const token = this.CONSUME(NumberLiteral);
    return this.ACTION(() => {
      const at = this.placeOf(token);
      const version = Number(token.image);
      if (Number.isSafeInteger(version) && version > 0) return { version, at };
      throw new EverviewError('syntax-error', `${token.image} is no number of a model version`, {
        at,
        hint: 'versions count from 1; everview.model_versions lists them',
      });
    });
  });
}
