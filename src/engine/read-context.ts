import { EverviewError } from '../core/errors.ts';
import type { Session } from '../core/session.ts';
import type { SqlParameter } from '../core/value.ts';
import type { Version } from '../core/version.ts';
import type { ChangeSince } from '../log/table-at-version.ts';
import { versionAt } from '../log/update-log.ts';
import type { RewriteContext } from '../query/rewrite-query.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { contentsOfDecisions, type InlineDecision } from './inline-reads.ts';
import type { PausedAnswers } from './paused-models.ts';
import { systemRelationsOf } from './system-views.ts';

/** As of which version relations are read, in place of which views' contents, and what answers for paused models. */
export type Reading = {
  readonly version: Version;
  readonly inline: ReadonlyMap<string, InlineDecision>;
  readonly paused: PausedAnswers;
};

export function rewriteContext(
  core: EngineCore,
  state: EngineState,
  session: Session,
  nowMs: number,
  parameters: readonly SqlParameter[],
  { version, inline, paused }: Reading,
): RewriteContext {
  return {
    catalog: state.catalog,
    version,
    head: state.version,
    nowMs,
    parser: core.parser,
    session,
    parameters,
    changeSince: (table, since) => changeSince(state, table, since),
    places: false,
    versionAt: (atMs) => versionAt(session, atMs),
    assertReachable: (asked) => core.assertReachable(asked, state),
    promotedParameters: (model) => {
      const promoted = paused.get(model) ?? answeringModel(state, model);
      if (promoted !== null) return promoted.parameters;
      throw new EverviewError('no-model-version', `no version of model "${model}" may answer`);
    },
    system: systemRelationsOf(state, nowMs),
    inline: contentsOfDecisions(inline),
  };
}

function changeSince(
  { changes, version, rowsSince }: EngineState,
  table: string,
  since: Version,
): ChangeSince {
  const { versions, deleted } = changes.pending(table, since, version);
  if (versions === 0) return 'none';
  return deleted === 0 && since >= rowsSince ? 'inserts' : 'any';
}
