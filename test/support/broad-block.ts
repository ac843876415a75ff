import { drawFrom } from './broad-from.ts';
import { drawGroup, drawGroupAll, drawGroupingSets } from './broad-group.ts';
import type { Block, Pen } from './broad-pen.ts';
import { drawDistinct, drawDistinctOn, drawLimited, drawProjection, drawUnnestList } from './broad-rows.ts';
import { drawRecursive, drawSet } from './broad-set.ts';
import { drawQualify, drawTopK, drawWindows } from './broad-window.ts';

const tries = 12;

/** A query over the relations: one operator on top of a join of some kind, in which other queries may stand. */
export function drawBlock(pen: Pen, depth: number): Block | null {
  for (let left = tries; left > 0; left--) {
    const block = tryBlock(pen, depth);
    if (block !== null && block.rows <= 300) return block;
  }
  return null;
}

function tryBlock(pen: Pen, depth: number): Block | null {
  const kind = pen.random.weighted({
    rows: 5,
    group: 8,
    groupAll: 1.2,
    groupingSets: 1.2,
    distinct: 1.5,
    distinctOn: 1.2,
    windows: 3,
    qualify: 1.5,
    topK: 1.2,
    limited: 1.2,
    unnest: 1,
    set: 5,
    recursive: 0.6,
  });
  if (kind === 'set') return drawSet(pen, depth, drawBlock);
  if (kind === 'recursive') return drawRecursive(pen, drawBlock);
  const from = drawFrom(pen, depth, drawBlock);
  if (from === null || from.columns.length === 0) return null;
  switch (kind) {
    case 'rows':
      return drawProjection(pen, from, depth, drawBlock);
    case 'group':
      return drawGroup(pen, from);
    case 'groupAll':
      return drawGroupAll(pen, from);
    case 'groupingSets':
      return drawGroupingSets(pen, from);
    case 'distinct':
      return drawDistinct(pen, from);
    case 'distinctOn':
      return drawDistinctOn(pen, from);
    case 'windows':
      return drawWindows(pen, from);
    case 'qualify':
      return drawQualify(pen, from);
    case 'topK':
      return drawTopK(pen, from);
    case 'limited':
      return drawLimited(pen, from);
    case 'unnest':
      return drawUnnestList(pen, from);
  }
}

/** Levels of queries inside a view. */
export const deepestQuery = 2;
