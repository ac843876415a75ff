import { ModelGrammar } from './model-grammar.ts';
import type { StatementBody } from './statement.ts';
import { kw } from './statement-lexer.ts';

/** Statements about what is known of a table's updates. */
export abstract class ProfileGrammar extends ModelGrammar {
  protected readonly profile = this.RULE('profile', (): Extract<StatementBody, { kind: 'profile' }> => {
    this.CONSUME(kw('PROFILE'));
    return { kind: 'profile', name: this.SUBRULE(this.name) };
  });

  protected readonly drill = this.RULE('drill', (): Extract<StatementBody, { kind: 'drill' }> => {
    this.CONSUME(kw('VALIDATE'));
    this.CONSUME(kw('DRILL'));
    this.CONSUME(kw('ON'));
    return { kind: 'drill', name: this.SUBRULE(this.name) };
  });
}
