import type { Statement } from '../declare/statement.ts';
import { type DrillProgress, drillTable, shownDrill } from './drill-table.ts';
import type { EngineCore } from './engine-core.ts';
import { profileTable, shownProfile } from './profile-table.ts';
import type { Shown } from './show-objects.ts';

export type ProfileStatement = Extract<Statement, { kind: 'profile' | 'drill' }>;

/** PROFILE and VALIDATE DRILL: what is known of a table's updates, and what of them would be found wrong. */
export async function answerProfileStatement(
  core: EngineCore,
  { kind, name }: Pick<ProfileStatement, 'kind' | 'name'>,
  progress?: DrillProgress,
): Promise<{ readonly shown: Shown; readonly message: string }> {
  switch (kind) {
    case 'profile': {
      const profile = await profileTable(core, name.name);
      const updates = `${profile.updates} ${profile.updates === 1 ? 'update' : 'updates'}`;
      return { shown: shownProfile(profile), message: `"${profile.table}": ${updates} learned from` };
    }
    case 'drill': {
      const drill = await drillTable(core, name.name, progress);
      const copies = `copies of the updates of version ${drill.versions.join(', ')}`;
      return { shown: shownDrill(drill), message: `"${drill.table}": ${copies} were broken and judged` };
    }
  }
}
