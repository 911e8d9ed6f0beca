import { expect, test } from 'vitest';
import { advance } from './advance.ts';
import type { Flow } from './flow.ts';
import { moved } from './move.ts';
import type { Session } from './session.ts';
import { begin, ends, flowOf } from './testing/play.ts';

const vars = { item: { type: 'text' }, said: { type: 'text' } };
const each = { id: 'e', type: 'each', in: '{{ ["a", "b"] }}', as: 'item', to: { do: 'body', done: 'after' } };
const asked = { id: 'q', type: 'ask', kind: 'text', text: '{{ item }}?', save: 'said', retry: { max: 1 }, to: { next: '@continue' } };
const groups = { a: [each], body: [asked], after: ends('Done') };

const before = flowOf(groups, { vars });
const waiting: Session = begin(groups, { more: { vars } }).session;
const moveTo = (to: Flow) => moved(waiting, (slug, version) => (slug === 'main' && version === 1 ? { from: before, to, version: 2 } : null));

test('a loop goes on where it was, though both blocks stand elsewhere, and new variables are as they begin', () => {
  const to = flowOf(
    { x: [each], body: [asked], after: ends('New') },
    { vars: { ...vars, more: { type: 'number', default: 7 } }, triggers: { go: { type: 'start', to: 'x' } } },
  );
  const session = moveTo(to);
  expect(session).toMatchObject({ version_id: 2, loops: [{ block: 'x.e', i: 0 }], vars: { item: 'a', more: 7 } });
  const flows = { live: () => null, pinned: (_slug: string, version: number) => (version === 2 ? to : null) };
  expect(session && advance(flows, session, { kind: 'reply', reply: { text: 'one' } }, begin(groups, { more: { vars } }).context).outputs).toContainEqual(
    expect.objectContaining({ kind: 'say', message: expect.objectContaining({ text: 'b?' }) }),
  );
});

test('a place that is gone, of the block that waits or of a loop around it, is nowhere to go on', () => {
  expect(moveTo(flowOf({ a: [{ ...each, id: 'other' }], body: [asked], after: ends('x') }, { vars }))).toBeNull();
  expect(moveTo(flowOf({ a: [each], body: [{ ...asked, id: 'other' }], after: ends('x') }, { vars }))).toBeNull();
  expect(moveTo(flowOf({ a: [each], body: [{ id: 'q', type: 'text', text: 'x', to: { next: '@continue' } }], after: ends('x') }, { vars }))).toBeNull();
});

test('a frame goes over on its own, and nothing that stays is touched', () => {
  const frame = { flow: 'outer', version_id: 3, return_to: 'a.c', vars: {}, loops: [], params: {} };
  const session = { ...waiting, stack: [frame] };
  const outer = flowOf({ a: [{ id: 'c', type: 'call', flow: 'main' }, ...ends('x')] }, { id: 'outer' });
  const later = flowOf({ b: [{ id: 'c', type: 'call', flow: 'main' }, ...ends('x')] }, { id: 'outer' });
  const gone = flowOf({ b: ends('x') }, { id: 'outer' });
  const outerTo = (to: Flow) => moved(session, (slug) => (slug === 'outer' ? { from: outer, to, version: 4 } : null));
  expect(outerTo(later)).toEqual({ ...session, stack: [{ ...frame, version_id: 4, return_to: 'b.c' }] });
  expect(outerTo(gone)).toBeNull();
  expect(moved(session, () => null)).toEqual(session);
});
