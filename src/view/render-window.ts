import { atTheEnd } from '../core/moment.ts';
import type { Version } from '../core/version.ts';
import type { RenderSource } from '../store/render-relation.ts';
import type { RefreshContext } from './refresher.ts';

/** The change that a refresh is about. */
export function windowOf(
  context: Pick<RefreshContext, 'to' | 'moments'> & { readonly from: Version },
): RenderSource {
  const { from, to, moments } = context;
  return { kind: 'window', from, to, moments };
}

/** Everything as it is at the end of the refresh. */
export function newestOf({ to, moments }: Pick<RefreshContext, 'to' | 'moments'>): RenderSource {
  return { kind: 'window', from: to, to, moments: atTheEnd(moments) };
}
