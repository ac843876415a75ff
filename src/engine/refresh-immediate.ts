import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { policyNow } from './held-refreshes.ts';
import { isKept, refreshViews } from './refresh-views.ts';
import { movedModels, showsModel } from './shown-models.ts';
import type { WriteDraft } from './write-draft.ts';

/** Views that are never to lag move in the transaction that promotes what they show, or withdraws it. */
export async function refreshImmediate(core: EngineCore, draft: WriteDraft, model: string): Promise<void> {
  const { state } = draft;
  const views = state.catalog.entries().filter((entry) => {
    if (!showsModel(entry, model) || !isKept(entry) || policyNow(state, entry).refresh !== 'immediate')
      return false;
    return movedModels(state, state.cursors.get(nameOf(entry))?.models ?? new Map()).includes(model);
  });
  if (views.length === 0) return;
  await refreshViews(core, draft, views.map(nameOf), { trigger: 'with-the-promotion', how: 'auto' });
}
