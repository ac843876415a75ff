import { IncidentGrammar } from './incident-grammar.ts';
import type { StatementBody } from './statement.ts';
import { kw } from './statement-lexer.ts';

type Of<K extends StatementBody['kind']> = Extract<StatementBody, { kind: K }>;

/** Statements that say which version of a model answers. */
export class PromotionGrammar extends IncidentGrammar {
  protected readonly promote = this.RULE('promote', (): Of<'promotion'> => {
    this.CONSUME(kw('PROMOTE'));
    this.CONSUME(kw('MODEL'));
    const name = this.SUBRULE(this.name);
    const version = this.OPTION(() => {
      this.CONSUME(kw('VERSION'));
      return this.SUBRULE(this.versionNumber);
    });
    return {
      kind: 'promotion',
      action: 'promote',
      name,
      version: version ?? null,
      ...this.SUBRULE(this.decision),
    };
  });

  protected readonly hold = this.RULE('hold', (): Of<'promotion'> => {
    this.CONSUME(kw('HOLD'));
    this.CONSUME(kw('MODEL'));
    const name = this.SUBRULE(this.name);
    return { kind: 'promotion', action: 'hold', name, version: null, ...this.SUBRULE(this.decision) };
  });

  protected readonly rollbackModel = this.RULE('rollbackModel', (): Of<'promotion'> => {
    this.CONSUME(kw('ROLLBACK'));
    this.CONSUME(kw('MODEL'));
    const name = this.SUBRULE(this.name);
    this.CONSUME(kw('TO'));
    this.CONSUME(kw('VERSION'));
    const version = this.SUBRULE(this.versionNumber);
    return { kind: 'promotion', action: 'rollback', name, version, ...this.SUBRULE(this.decision) };
  });
}
