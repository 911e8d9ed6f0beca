import { expect, test } from 'vitest';
import { makeLive } from '../../live.ts';
import type { LiveEvent, LiveSource } from '../route.ts';
import { begin, Stream } from './stream.ts';

type Made = { stream: Stream; sent: string[]; turns: number; reads: number[]; turn(): Promise<void>; isTaking: boolean };

/** A stream whose turns and whose reader are ours. */
function streamOf(events: LiveEvent[], { isShared = false, isGapless = true } = {}): Made {
  const source: LiveSource = {
    name: 'test',
    about: { conversation: 1 },
    isGapless,
    settleMs: 0,
    lastSeq: async () => events.at(-1)?.seq ?? 0,
    snapshot: async () => ({ seq: events.at(-1)?.seq ?? 0, event: 'snapshot', data: null }),
    read: async (after, limit) => events.filter(({ seq }) => seq === null || seq > after).slice(0, limit),
  };
  const live = makeLive();
  const made: Made = {
    stream: null as never,
    sent: [],
    turns: 0,
    reads: [],
    isTaking: true,
    turn: async () => {
      made.turns -= 1;
      await made.stream.read();
    },
  };
  const wire = {
    send: ({ seq, event }: LiveEvent) => {
      made.sent.push(`${seq ?? ''}${event}`);
      return made.isTaking;
    },
    beat: () => void made.sent.push('beat'),
    end: (why: string) => void made.sent.push(`end ${why}`),
  };
  const turns = {
    wait: () => {
      made.turns += 1;
    },
    read: (one: LiveSource, after: number, limit: number) => {
      made.reads.push(after);
      return one.read(after, limit);
    },
  };
  made.stream = new Stream({ live, database: { isShared } } as never, source, wire, turns, { cursor: 0, first: null });
  return made;
}

const event = (seq: number | null): LiveEvent => ({ seq, event: 'e', data: null });

test('it waits for one turn at a time, reads until there is no more, and then rests', async () => {
  const made = streamOf([event(1), event(2)]);
  expect(made.turns).toBe(1);
  await made.turn();
  expect([made.sent, made.turns]).toEqual([['1e', '2e'], 1]);
  await made.turn();
  expect([made.turns, made.reads]).toEqual([0, [0, 2]]);
});

test('a reader that has enough is given no more until it has taken it, and what is kept is read again', async () => {
  const made = streamOf([event(1), event(2), event(3)]);
  made.isTaking = false;
  await made.turn();
  expect([made.sent, made.turns]).toEqual([['1e'], 0]);
  made.isTaking = true;
  made.stream.taken();
  await made.turn();
  expect([made.sent, made.reads]).toEqual([
    ['1e', '2e', '3e'],
    [0, 1],
  ]);
});

test('what is not kept is not lost to a reader that had enough', async () => {
  const made = streamOf([event(null), event(null), event(1)], { isGapless: false });
  made.isTaking = false;
  await made.turn();
  made.isTaking = true;
  made.stream.taken();
  await made.turn();
  expect(made.sent).toEqual(['e', 'e']);
});

test('with the last of all it ends, and not before a slow reader was given what stands before it', async () => {
  const made = streamOf([event(1), event(2), { ...event(null), isLast: true }], { isGapless: false });
  made.isTaking = false;
  await made.turn();
  expect(made.sent).toEqual(['1e']);
  made.isTaking = true;
  made.stream.taken();
  await made.turn();
  expect([made.sent, made.turns, made.stream.isOver]).toEqual([['1e', '2e', 'e', 'end done'], 0, true]);
});

test('it beats every fifteen seconds, but not at one who has enough already', async () => {
  const made = streamOf([event(1)]);
  const begun = performance.now();
  made.stream.tick(begun + 14_000);
  expect(made.sent).toEqual([]);
  made.stream.tick(begun + 15_500);
  made.stream.tick(begun + 16_500);
  expect(made.sent).toEqual(['beat']);
  made.isTaking = false;
  await made.turn();
  made.stream.tick(begun + 31_000);
  expect(made.sent).toEqual(['beat', '1e']);
});

test('where nodes share a database it looks by itself now and then', async () => {
  const made = streamOf([], { isShared: true });
  await made.turn();
  made.stream.tick(performance.now() + 29_000);
  expect(made.turns).toBe(0);
  made.stream.tick(performance.now() + 31_000);
  expect(made.turns).toBe(1);
});

test('a number that is missing becomes a resync with how things stand', async () => {
  const made = streamOf([event(3), event(4)]);
  await made.turn();
  expect(made.sent).toEqual(['4stream.resync']);
});

test('a cursor ahead of everything begins again, one at the end goes on', async () => {
  const source = { lastSeq: async () => 4, snapshot: async () => ({ seq: 4, event: 'snapshot', data: null }) } as LiveSource;
  expect(await begin(source, 5)).toEqual({ cursor: 4, first: { seq: 4, event: 'stream.resync', data: null } });
  expect(await begin(source, 4)).toEqual({ cursor: 4, first: null });
  expect(await begin(source, null)).toEqual({ cursor: 4, first: { seq: 4, event: 'snapshot', data: null } });
});

test('once it has ended nothing more is sent: not what was being read, no beat, and no second end', async () => {
  const made = streamOf([event(1)]);
  const reading = made.turn();
  made.stream.end('elsewhere');
  await reading;
  made.stream.tick(Number.POSITIVE_INFINITY);
  made.stream.end('refused');
  expect([made.sent, made.turns]).toEqual([['end elsewhere'], 0]);
});
