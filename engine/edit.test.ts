import { expect, test } from 'vitest';
import { applyEdits, type Edit } from './edit.ts';
import { canonical } from './flow.ts';
import { flowOf } from './testing/play.ts';

const flow = flowOf(
  {
    a: [
      { id: 'hi', type: 'text', text: 'Hi', to: { next: 'b' } },
      { id: 'go', type: 'goto', to: { next: { expr: '"b.q"', in: ['b', 'b.q'] } } },
    ],
    b: [{ id: 'q', type: 'ask', kind: 'choice', text: '?', options: [{ id: 'x', label: 'X' }], to: { 'opt:x': 'b.q', invalid: 'a.hi' } }],
  },
  { texts: { de: { 'b.q.text': 'Ja?', 'a.hi.text': 'Hallo' } }, layout: { a: [1, 2], b: [3, 4] } },
);

function apply(...edits: Edit[]) {
  const done = applyEdits(flow, edits);
  if (!done.ok) throw new Error(done.problem);
  const undone = applyEdits(done.flow, done.inverse);
  expect(undone.ok && canonical(undone.flow)).toBe(canonical(flow));
  return done.flow;
}

test('renaming a block renames it wherever it is named', () => {
  const renamed = apply({ kind: 'rename_block', group: 'b', block: 'q', to: 'ask' });
  expect(renamed.groups.b?.blocks[0]).toMatchObject({ id: 'ask', to: { 'opt:x': 'b.ask', invalid: 'a.hi' } });
  expect(renamed.groups.a?.blocks[1]?.to).toEqual({ next: { expr: '"b.q"', in: ['b', 'b.ask'] } });
  expect(renamed.texts).toEqual({ de: { 'b.ask.text': 'Ja?', 'a.hi.text': 'Hallo' } });
});

test('renaming a group renames its blocks, its place and the way to it', () => {
  const renamed = apply({ kind: 'rename_group', group: 'a', to: 'first' });
  expect(renamed.triggers?.go?.to).toBe('first');
  expect(Object.keys(renamed.groups)).toEqual(['first', 'b']);
  expect(renamed.layout).toEqual({ first: [1, 2], b: [3, 4] });
  expect(renamed.groups.b?.blocks[0]?.to?.invalid).toBe('first.hi');
  expect(renamed.texts?.de).toEqual({ 'b.q.text': 'Ja?', 'first.hi.text': 'Hallo' });
});

test('a block moved to another group is found there by those who name it', () => {
  const moved = apply({ kind: 'move_block', group: 'b', block: 'q', to: 'a', before: 'go' });
  expect(moved.groups.a?.blocks.map((one) => one.id)).toEqual(['hi', 'q', 'go']);
  expect(moved.groups.a?.blocks[1]?.to?.['opt:x']).toBe('a.q');
});

test('settings are put, replaced and taken away, and undone to the same text', () => {
  expect(apply({ kind: 'put', path: ['groups', 'a', 'blocks', '#hi', 'text'], value: 'Hello' }).groups.a?.blocks[0]).toMatchObject({ text: 'Hello' });
  expect(apply({ kind: 'put', path: ['groups', 'a', 'blocks', '#hi', 'text'] }).groups.a?.blocks[0]).not.toHaveProperty('text');
  expect(apply({ kind: 'put', path: ['groups', 'b', 'blocks', '#q', 'options', '#x', 'label'], value: 'Y' }).groups.b?.blocks[0]).toMatchObject({
    options: [{ id: 'x', label: 'Y' }],
  });
  expect(apply({ kind: 'put', path: ['vars'], value: { n: { type: 'text' } } }).vars).toEqual({ n: { type: 'text' } });
});

test('groups and blocks come and go', () => {
  apply({ kind: 'remove_group', group: 'b' });
  apply({ kind: 'add_group', group: 'c', title: 'C', at: [5, 6] }, { kind: 'add_block', group: 'c', before: null, block: { id: 'e', type: 'end' } });
  apply({ kind: 'remove_block', group: 'a', block: 'hi' });
  apply({ kind: 'add_group', group: 'constructor' }, { kind: 'remove_group', group: 'constructor' });
});

test.each<[string, Edit, RegExp]>([
  ['a group that is there already', { kind: 'add_group', group: 'a' }, /There is a group a already/],
  ['a group that is not there', { kind: 'remove_group', group: 'constructor' }, /There is no group constructor/],
  ['a name that is taken', { kind: 'rename_block', group: 'a', block: 'hi', to: 'q' }, /There is a block q already/],
  ['a block that is not there', { kind: 'remove_block', group: 'a', block: 'x' }, /There is no block a\.x/],
  ['a block into nowhere', { kind: 'move_block', group: 'a', block: 'hi', to: 'x', before: null }, /no group x/],
  ['a place that is not there', { kind: 'put', path: ['groups', 'x', 'title'], value: 'X' }, /There is no groups\.x to change/],
  ['the prototype', { kind: 'put', path: ['__proto__', 'polluted'], value: true }, /needs a place/],
  ['no place at all', { kind: 'put', path: [] }, /needs a place/],
  ['an id by the back door', { kind: 'put', path: ['groups', 'a', 'blocks', '#hi', 'id'], value: 'q' }, /An id does not change this way/],
  ['an item for another', { kind: 'put', path: ['groups', 'a', 'blocks', '#hi'], value: { id: 'q', type: 'end' } }, /An id does not change this way/],
  ['an item away', { kind: 'put', path: ['groups', 'b', 'blocks', '#q', 'options', '#x'] }, /put the whole list/],
])('an edit that could not be undone or understood is refused: %s', (_name, edit, problem) => {
  expect(applyEdits(flow, [{ kind: 'put', path: ['name'], value: 'Other' }, edit])).toEqual({ ok: false, problem: expect.stringMatching(problem) });
});
