import { LosslessNumber } from 'lossless-json';
import { expect, test } from 'vitest';
import { contains, isNode, rewrite, rewriteParts, type SqlNode } from '../../src/core/sql-tree.ts';

const column = (name: string): SqlNode => ({ class: 'COLUMN_REF', column_names: [name] });

const tree: SqlNode = {
  select_list: [column('a'), column('b')],
  where_clause: { left: column('a'), right: { value: new LosslessNumber('1.0'), is_null: false } },
  modifiers: [],
  at_clause: null,
};

test('a tree in which nothing is replaced is itself', () => {
  expect(rewrite(tree, () => null)).toBe(tree);
  expect(rewrite(tree, (node) => (node['class'] === 'COLUMN_REF' ? node : null))).toBe(tree);
});

test('what is replaced is new, with all above it; what stands beside it is not, and nothing of the tree is changed', () => {
  const before = JSON.stringify(tree);
  const put = column('c');
  const rewritten = rewrite(tree, (node) => (node === tree['where_clause'] ? { ...node, left: put } : null));
  expect(JSON.stringify(tree)).toBe(before);
  expect(rewritten).toEqual({ ...tree, where_clause: { ...Object(tree['where_clause']), left: put } });
  expect(isNode(rewritten) && rewritten['select_list']).toBe(tree['select_list']);
});

test('an item of a list is replaced in a list of its own', () => {
  const [a, b] = [column('a'), column('b')];
  const list = { items: [a, b] };
  const rewritten = rewrite(list, (node) => (node === b ? a : null));
  expect(rewritten).toEqual({ items: [a, a] });
  expect(list.items).toEqual([a, b]);
});

test('parts are replaced by their keys', () => {
  const rewritten = rewriteParts(tree, (part, key) => (key === 'modifiers' ? null : part));
  expect(rewritten).toEqual({ ...tree, modifiers: null });
});

test('a tree contains what is one of its nodes, itself or far within', () => {
  expect(contains(tree, (node) => node === tree)).toBe(true);
  expect(contains(tree, ({ is_null: isNull }) => isNull === false)).toBe(true);
  expect(contains([null, 'COLUMN_REF', tree], (node) => node['class'] === 'FUNCTION')).toBe(false);
});
