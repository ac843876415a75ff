import { PromotionGrammar } from './promotion-grammar.ts';
import type { StatementBody } from './statement.ts';
import { kw } from './statement-lexer.ts';

/** Statements about updates that wait for a decision. */
export class HeldGrammar extends PromotionGrammar {
  /** `APPROVE | REJECT UPDATE n [BY 'who'] [BECAUSE 'why']` */
  protected readonly heldUpdate = this.RULE(
    'heldUpdate',
    (): Extract<StatementBody, { kind: 'held-update' }> => {
      const action = this.OR<'approve' | 'reject'>([
        {
          ALT: () => {
            this.CONSUME(kw('APPROVE'));
            return 'approve';
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw('REJECT'));
            return 'reject';
          },
        },
      ]);
      this.CONSUME(kw('UPDATE'));
      const update = this.SUBRULE(this.versionNumber);
      return { kind: 'held-update', action, update, ...this.SUBRULE(this.decision) };
    },
  );
}
