// What happens in a chat as its programs see it: every event of the conversation is one event here, with its number, so
// that numbers have no gap; and it is the same whenever it is read. A part of it (one run, some channels) keeps its numbers.
import type { App } from '../../app.ts';
import { needRun } from '../../commands/chat-runs.ts';
import { eventChannels, isoOf, type ShownEvent, showEvent } from '../../commands/chat-wire.ts';
import { needChat, needOpen } from '../../commands/chats.ts';
import { eventsOf } from '../../commands/save-step.ts';
import type { LiveEvent, LiveSource } from '../../http/route.ts';
import { findRun } from '../../store/chat-runs.ts';
import { findByClientId, messagesAmong } from '../../store/messages.ts';
import { seqsOfSession, stepsAfter, stepsAmong } from '../../store/sessions.ts';
import type { ChatCaller } from './chat-calls.ts';
import { showChat } from './chat-shapes.ts';

export const streamChannels = ['messages', 'tools', 'lifecycle', 'usage', 'trace'] as const;
export type StreamChannel = (typeof streamChannels)[number];

type Reader = (after: number, limit: number) => Promise<ShownEvent[]>;

function readerOf(app: App, owner: ChatCaller, publicId: string, conversationId: number): Reader {
  return async (after, limit) => {
    const steps = await stepsAfter(app.db, conversationId, after, limit);
    const chat = await needOpen(app.db, owner, publicId);
    const happened = steps.map((step) => ({ runId: step.session_id, events: eventsOf(step) }));
    // Of the whole of each step: a question stands in a message before it.
    const ids = happened.flatMap(({ events }) => events.flatMap((event) => (event.kind === 'message' ? [event.id] : [])));
    const rows = new Map((await messagesAmong(app.db, conversationId, ids)).map((row) => [row.id, row]));
    return happened.flatMap(({ runId, events }) => {
      const said = events.flatMap((event) => (event.kind === 'message' ? (rows.get(event.id) ?? []) : []));
      return events.filter((event) => event.seq > after).map((event) => showEvent({ ...chat, runId }, event, said));
    });
  };
}

function told({ seq, event, data }: ShownEvent): LiveEvent {
  return { seq, event, data };
}

const done: LiveEvent = { seq: null, event: 'done', data: {}, isLast: true };

/** Pages of what is not asked for that one look passes over. */
const maxPassed = 200;

/** Everything, or what is of some channels; it never ends. */
export async function chatStream(app: App, owner: ChatCaller, publicId: string, channels?: readonly StreamChannel[]): Promise<LiveSource> {
  const { id } = (await needOpen(app.db, owner, publicId)).conversation;
  const read = readerOf(app, owner, publicId, id);
  const isAsked = askedBy(channels);
  // How far has been looked, so that what is not asked for is passed over once.
  let passed = 0;
  return {
    name: `chat ${id} ${channels?.join() ?? ''}`,
    about: { conversation: id },
    isGapless: channels === undefined,
    settleMs: 0,
    lastSeq: async () => (await needOpen(app.db, owner, publicId)).conversation.seq,
    snapshot: async () => {
      const view = await needChat(app.db, owner, publicId);
      const { seq } = view.conversation;
      return { seq, event: 'chat.snapshot', data: { seq, ts: isoOf(app.clock.now()), chat: showChat(view, owner.vocabulary) } };
    },
    read: async (after, limit) => {
      passed = Math.max(passed, after);
      for (let looks = 0; looks < maxPassed; looks += 1) {
        const page = await read(passed, limit);
        const asked = page.filter(isAsked);
        const last = page.at(-1);
        if (asked.length > 0 || !last) return asked.map(told);
        passed = last.seq;
      }
      return [];
    },
  };
}

/** One run from its first event, or from a later one, to its last; told again whenever it is asked for. */
export async function runStream(
  app: App,
  owner: ChatCaller,
  publicId: string,
  runId: number,
  { from, channels }: { from?: number; channels?: readonly StreamChannel[] | undefined } = {},
): Promise<LiveSource> {
  const { open, run } = await needRun(app.db, owner, publicId, runId);
  const { id } = open.conversation;
  const first = run.first_seq ?? (await seqsOfSession(app.db, id, runId))?.first ?? 1;
  const begin = Math.max(first - 1, from ?? 0);
  const isFinished = async (): Promise<boolean> => (await findRun(app.db, id, runId))?.finished_at != null;
  const read = readRun(readerOf(app, owner, publicId, id), { runId, begin, isAsked: askedBy(channels), isFinished });
  return { ...partOf(app, owner, publicId, id), name: `run ${runId} ${channels?.join() ?? ''}`, from: begin, read };
}

function askedBy(channels: readonly StreamChannel[] | undefined): (one: ShownEvent) => boolean {
  return ({ event }) => channels === undefined || channels.includes(eventChannels[event]);
}

// A run's events lie together, but for what the next one puts an end to; so reading stops where it ends.
type RunPart = { runId: number; begin: number; isAsked: (one: ShownEvent) => boolean; isFinished: () => Promise<boolean> };

function readRun(read: Reader, { runId, begin, isAsked, isFinished }: RunPart): LiveSource['read'] {
  return async (after, limit) => {
    let from = Math.max(after, begin);
    let isKnownOver = false;
    for (let looks = 0; looks < maxPassed; looks += 1) {
      const page = await read(from, limit);
      const end = page.findIndex((one) => one.runId === runId && one.isEnd);
      const mine = (end === -1 ? page : page.slice(0, end + 1)).filter((one) => one.runId === runId && isAsked(one));
      // Another run's: this one was over before.
      const isOver = end !== -1 || page.some((one) => one.runId !== null && one.runId > runId);
      if (isOver) return [...mine.map(told), done];
      const last = page.at(-1);
      if (mine.length > 0) return mine.map(told);
      if (last) from = last.seq;
      // Nothing more to tell: of a run that is over that is all, if it was so before the look.
      else if (isKnownOver) return [done];
      else isKnownOver = await isFinished();
      if (!last && !isKnownOver) return [];
    }
    return [];
  };
}

function partOf(app: App, owner: ChatCaller, publicId: string, id: number): Omit<LiveSource, 'name' | 'read'> {
  const lastSeq = async (): Promise<number> => (await needOpen(app.db, owner, publicId)).conversation.seq;
  return {
    about: { conversation: id },
    isGapless: false,
    settleMs: 0,
    lastSeq,
    snapshot: async () => ({ seq: await lastSeq(), event: 'chat.snapshot', data: {} }),
  };
}

/** What a message brings about: its run from it on, as soon as it has its turn. `known` is what the message is called. */
export async function messageStream(app: App, owner: ChatCaller, publicId: string, known: { id: string } | { clientId: string }): Promise<LiveSource> {
  const { id } = (await needOpen(app.db, owner, publicId)).conversation;
  let run: LiveSource | null = null;
  const find = async (): Promise<LiveSource | null> => {
    const row = 'id' in known ? (await messagesAmong(app.db, id, [Number(known.id)]))[0] : await findByClientId(app.db, id, known.clientId);
    const [step] = row ? await stepsAmong(app.db, id, row.seq, row.seq) : [];
    if (!row || !step) return null;
    // People have the chat and no run is on: what they say is told, and does not end.
    if (step.session_id === null) return { ...(await chatStream(app, owner, publicId)), isGapless: false, from: row.seq - 1 };
    // What stands before it in its step is of its turn: that the run begins.
    return runStream(app, owner, publicId, step.session_id, { from: (eventsOf(step)[0]?.seq ?? 1) - 1 });
  };
  run = await find();
  return {
    ...partOf(app, owner, publicId, id),
    name: `message ${id} ${'id' in known ? known.id : known.clientId}`,
    from: run?.from ?? 0,
    read: async (after, limit) => {
      run ??= await find();
      return run ? run.read(Math.max(after, run.from ?? 0), limit) : [];
    },
  };
}
