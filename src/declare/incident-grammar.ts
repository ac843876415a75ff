import { EverviewError } from '../core/errors.ts';
import { readSqlDuration } from './duration.ts';
import { anyOf, stopAt } from './grammar-base.ts';
import { ProfileGrammar } from './profile-grammar.ts';
import type { Numbered, StatementBody } from './statement.ts';
import { kw, NumberLiteral } from './statement-lexer.ts';

type Of<K extends StatementBody['kind']> = Extract<StatementBody, { kind: K }>;

const atDecision = anyOf(stopAt(kw('BY'), kw('BECAUSE')));

/** Statements about incidents, and what decisions of people say. */
export class IncidentGrammar extends ProfileGrammar {
  /** `ACKNOWLEDGE | ACCEPT | RESOLVE INCIDENT n [FOR INTERVAL '…'] [BY 'who'] [BECAUSE 'why']`. */
  protected readonly incidentAction = this.RULE('incidentAction', (): Of<'incident'> => {
    const action = this.OR<Of<'incident'>['action']>([
      {
        ALT: () => {
          this.CONSUME(kw('ACKNOWLEDGE'));
          return 'acknowledge';
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw('ACCEPT'));
          return 'accept';
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw('RESOLVE'));
          return 'resolve';
        },
      },
    ]);
    const incident = this.SUBRULE(this.incidentNumber);
    const forMs = this.OPTION({
      GATE: () => action === 'accept' || action === undefined,
      DEF: () => {
        this.CONSUME(kw('FOR'));
        const text = this.SUBRULE(this.fragment, { ARGS: ['a duration', atDecision] });
        return this.ACTION(() => {
          const read = readSqlDuration(text.text);
          if ('ms' in read && read.ms > 0) return read.ms;
          const problem = 'ms' in read ? 'it is longer than 0' : read.problem;
          throw new EverviewError('syntax-error', `FOR wants a duration: ${problem}`, {
            at: text.at,
            hint: "as FOR INTERVAL '7 days'",
          });
        });
      },
    });
    return { kind: 'incident', action, incident, forMs: forMs ?? null, ...this.SUBRULE(this.decision) };
  });

  protected readonly incidentNumber = this.RULE('incidentNumber', (): Numbered => {
    this.CONSUME(kw('INCIDENT'));
    const token = this.CONSUME(NumberLiteral);
    return this.ACTION(() => {
      const at = this.placeOf(token);
      if (/^\d+$/.test(token.image)) return { version: Number(token.image), at };
      throw new EverviewError('syntax-error', `${token.image} is no number of an incident`, { at });
    });
  });

  /** `[BY 'who'] [BECAUSE 'why']` */
  protected readonly decision = this.RULE(
    'decision',
    (): { readonly by: string | null; readonly because: string | null } => {
      const by = this.OPTION1(() => {
        this.CONSUME(kw('BY'));
        return this.SUBRULE1(this.stringValue);
      });
      const because = this.OPTION2(() => {
        this.CONSUME(kw('BECAUSE'));
        return this.SUBRULE2(this.stringValue);
      });
      return { by: by ?? null, because: because ?? null };
    },
  );
}
