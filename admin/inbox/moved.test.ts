import { describe, expect, test } from 'vitest';
import type { Conversation, ConversationMessage } from '../api/replies.ts';
import { foundBefore, withMoved } from './moved.ts';
import { type Pages, withEnd } from './thread/pages.ts';

const one = (id: number, at: number) => ({ id, last_message_at: at, created_at: 0 }) as Conversation;
const list = (next: string | null, ...pages: [number, number][][]) => ({
  pages: pages.map((page, nth) => ({ data: page.map(([id, at]) => one(id, at)), next: nth === pages.length - 1 ? next : `${nth}` })),
  pageParams: pages.map((_page, nth) => (nth === 0 ? null : `${nth - 1}`)),
});
const ids = ({ pages }: ReturnType<typeof list>) => pages.map((page) => page.data.map(({ id }) => id));

describe('a list in which conversations moved', () => {
  const known = list(
    'more',
    [
      [1, 90],
      [2, 80],
    ],
    [
      [3, 70],
      [4, 60],
    ],
  );

  test('has the one that was written in at its top, and every other one once', () => {
    expect(ids(withMoved(known, new Set([3]), [one(3, 100)]))).toEqual([
      [3, 1],
      [2, 4],
    ]);
  });

  test('loses the one that left the view', () => {
    expect(ids(withMoved(known, new Set([1]), []))).toEqual([[2, 3], [4]]);
    expect(ids(withMoved(list(null, [[1, 90]]), new Set([1]), []))).toEqual([[]]);
  });

  test('takes in a new one where it belongs, and not one that lies beyond what is loaded', () => {
    expect(ids(withMoved(known, new Set([7, 8]), [one(7, 75), one(8, 10)]))).toEqual([
      [1, 2],
      [7, 3, 4],
    ]);
    expect(ids(withMoved(list(null, [[1, 90]]), new Set([8]), [one(8, 10)]))).toEqual([[1, 8]]);
    expect(ids(withMoved(list(null, []), new Set([8]), [one(8, 10)]))).toEqual([[8]]);
  });
});

test('what a search found keeps its hit when it moves, and what it did not find stays out', () => {
  const hit = { message: 5, text: 'a parcel', marks: [[2, 8]] as [number, number][] };
  const known = list(null, [[1, 90]]);
  Object.assign(known.pages[0]?.data[0] ?? {}, { hit });
  expect(foundBefore(known, [one(1, 100), one(2, 99)])).toEqual([{ ...one(1, 100), hit }]);
});

describe('a thread that goes on', () => {
  const said = (id: number) => ({ id, seq: id }) as ConversationMessage;
  const page = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, nth) => said(from - nth));
  const thread = (count: number): Pages => ({ pages: [{ messages: page(count, 1), acts: [], isFirst: true, isLast: true }], pageParams: [null] });

  test('has what was said once, however often it is told, in the order of its numbers', () => {
    const once = withEnd(thread(2), { messages: [said(4), said(3)], acts: [] });
    expect(once.pages[0]?.messages.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
    expect(withEnd(once, { messages: [said(3)], acts: [] })).toBe(once);
  });

  test('is parted when its end grows long, and holds so many pages and no more', () => {
    let known = thread(100);
    for (let id = 101; id <= 700; id += 1) known = withEnd(known, { messages: [said(id)], acts: [] });
    expect(known.pages.length).toBe(8);
    expect(known.pageParams.length).toBe(8);
    expect(known.pages.filter(({ isLast }) => isLast)).toHaveLength(1);
    const held = known.pages.flatMap(({ messages }) => messages.map(({ id }) => id));
    expect(held).toEqual(Array.from({ length: held.length }, (_, nth) => 700 - nth));
    // From the border of each page the one above it is read again as it is.
    expect(known.pageParams[0]).toEqual({ way: 'newer', id: known.pages[1]?.messages[0]?.id, seq: known.pages[1]?.messages[0]?.seq });
  });
});
