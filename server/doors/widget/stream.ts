// What happens in a conversation, as its visitor is told: messages as they are committed, who answers, what is asked and
// no longer asked; and what is told once, somebody typing. Notes of the team and the inside of flows have numbers here and
// no words.
import { z } from 'zod';
import type { App } from '../../app.ts';
import { showPresent } from '../../commands/presence.ts';
import { type ConversationEvent, eventsOf } from '../../commands/save-step.ts';
import { conversationFor } from '../../commands/site-conversations.ts';
import { AppError } from '../../errors.ts';
import { type LiveEvent, type LiveSource, route } from '../../http/route.ts';
import type { Page, Sign } from '../../live.ts';
import { type Conversation, findConversation } from '../../store/conversations.ts';
import { listMessages, type MessageRow, messagesAmong } from '../../store/messages.ts';
import { stepsAfter } from '../../store/sessions.ts';
import { findSite, type Site } from '../../store/sites.ts';
import { params } from './full-calls.ts';
import { perAddress, perVisitor } from './limits.ts';
import { conversationOf, siteOf } from './texts.ts';
import { agentAs, inputOf, pageOf, showAll, type View, viewOf } from './view.ts';

const snapshotPage = 50;

export const streamRoutes = [
  route({
    method: 'GET',
    path: '/conversations/{visitor_token}/stream',
    access: 'site',
    params,
    query: z.object({ cursor: z.string().max(20).optional().describe('The number of the last event you have; so does the header Last-Event-ID.') }),
    limits: [perAddress('stream', 120, 120), perVisitor('stream', 12)],
    docs: {
      tag: 'Chat',
      id: 'streamConversation',
      summary: 'What happens, as it happens',
      description:
        'Server-sent events: `message`, `message.updated`, `status`, `typing`, `presence`, `read`; `flow-step` where a block of the flow has said something and `flow-end` where the flow is over, by the names their author gave them; `snapshot` first where no cursor was given, `resync` where numbers were missed, `reconnect` before the server goes. The id of an event is its number; what is told once has none.',
    },
    run: async () => undefined,
    stream: async ({ app, caller, params: { visitor_token: token } }) => visitorStream(app, siteOf(caller), conversationOf(caller), token),
  }),
];

/** For one reader: what they were told of typing and of being read is nowhere else. */
function visitorStream(app: App, site: Site, conversation: Conversation, token: string): LiveSource {
  const { id } = conversation;
  const signs: Doing[] = [];
  const presence = presenceOf(app, conversation);
  let readSeq = 0;
  const look = async (): Promise<View> => {
    // What opened it may have been taken back since: a key that was turned, a visitor who was erased.
    const latest = await findSite(app.db, site.workspace_id, site.id);
    const opened = latest && (await conversationFor(app, app.db, latest, token));
    // A person's token opens their latest: the one they look at stays theirs when another is begun.
    const conversation = !opened || opened.id === id ? opened : await findConversation(app.db, site.bot_id, id);
    if (!latest || !conversation || conversation.subscriber_id !== opened?.subscriber_id) throw new AppError('not_found', 'Conversation not found');
    return viewOf(app.db, latest, conversation);
  };
  const snapshotOf = async () => {
    const view = await look();
    readSeq = view.readSeq;
    const data = await pageOf(app, app.db, view, { limit: snapshotPage });
    return { seq: data.next_cursor, event: 'snapshot', data };
  };
  return {
    name: `visitor ${id}`,
    about: { conversation: id },
    alike: `visitor ${id}`,
    isGapless: false,
    settleMs: 0,
    resync: 'resync',
    lastSeq: async () => (await look()).conversation.seq,
    snapshot: snapshotOf,
    beat: () => presence.tell(),
    hear: (one) => {
      const sign = one?.sign;
      if (!sign) return true;
      presence.hear(sign);
      // What the visitor does is no news to them.
      if (sign.who.kind !== 'agent' || sign.kind === 'present') return false;
      if (sign.kind !== 'read' && signs.length < maxSigns) signs.push(sign);
      return true;
    },
    read: async (after, limit) => {
      const heard = signs.splice(0).map((sign) => doing(site, sign));
      // First the events and then how things stand: never an answer before its question.
      const found = await eventsAfter(app, id, after, limit);
      const view = await look();
      const events = found.isMissed ? [{ seq: view.conversation.seq, event: 'resync', data: {} }] : await shownOf(app, view, found);
      const isRead = view.readSeq > readSeq;
      readSeq = view.readSeq;
      return [...heard, ...events, ...(isRead ? [{ seq: null, event: 'read', data: { up_to: view.readSeq } }] : [])];
    },
  };
}

/** Tells the team that somebody is there, for as long as the stream is, and on which page. */
function presenceOf(app: App, conversation: Conversation) {
  let page: Page | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    tell: (): void => showPresent(app, conversation, null),
    hear(sign: Sign): void {
      if (sign.kind === 'present') page = sign.page ?? page;
      // Whoever begins to look wants to know at once, and not at every sign that they still do.
      if (sign.kind !== 'viewing' || !sign.isOn || app.clock.now() - toldAt < againMs) return;
      toldAt = app.clock.now();
      showPresent(app, conversation, page);
    },
  };
}

/** Signs of looking on come every 20 s, of everybody who does. */
const againMs = 2_000;

type Announced = NonNullable<Parameters<NonNullable<LiveSource['hear']>>[0]>;
type Doing = Extract<Announced['sign'], { isOn: boolean }>;
/** Of what is told once; a reader who takes nothing misses the rest. */
const maxSigns = 20;

function doing(site: Site, { kind, isOn, who }: Doing): LiveEvent {
  return { seq: null, event: kind === 'typing' ? 'typing' : 'presence', data: { on: isOn, author: agentAs(site, who.name) } };
}

type Found = { events: ConversationEvent[]; rows: Map<number, MessageRow>; isMissed: boolean };

/** The next of which a visitor may see something: pages of which they may see nothing are passed over. */
async function eventsAfter(app: App, id: number, after: number, limit: number): Promise<Found> {
  let from = after;
  for (;;) {
    const steps = await stepsAfter(app.db, id, from, limit);
    const events = steps.flatMap((step) => eventsOf(step).filter((one) => one.seq > from));
    const ids = events.flatMap((event) => (event.kind === 'message' && event.direction !== 'note' ? [event.id] : []));
    const isOver = ids.length > 0 || steps.length < limit || events.some(({ kind }) => kind === 'session' || kind === 'conversation');
    const first = events[0]?.seq ?? from + 1;
    if (isOver || first !== from + 1) {
      const rows = await messagesAmong(app.db, id, ids);
      return { events, rows: new Map(rows.map((row) => [row.id, row])), isMissed: first !== from + 1 };
    }
    from = events.at(-1)?.seq ?? from;
  }
}

async function shownOf(app: App, view: View, { events, rows }: Found): Promise<LiveEvent[]> {
  const shown = new Map((await showAll(app, app.db, view, [...rows.values()])).map((one) => [one.id, one]));
  let asked = events.length === 0 ? null : await lastAsking(app, view, events[0]?.seq ?? 0);
  return events.flatMap((event): LiveEvent[] => {
    const { seq } = event;
    if (event.kind === 'message') {
      const row = rows.get(event.id);
      if (!row) return [];
      const before = asked;
      if (row.direction === 'out' && inputOf(row)) asked = row;
      const step = event.block === null ? [] : [{ seq: null, event: 'flow-step', data: { flow: view.flow, block: event.block, message: row.id } }];
      // A new question takes the place of the one before it.
      const closed = before && before !== asked ? [updated(view, before)] : [];
      return [...closed, { seq, event: 'message', data: shown.get(row.id) }, ...step];
    }
    if (event.kind !== 'session' && event.kind !== 'conversation') return [];
    const isOver = event.kind === 'session' && (event.status === 'ended' || event.status === 'failed');
    const end = isOver ? [{ seq: null, event: 'flow-end', data: { flow: view.flow, status: event.status } }] : [];
    // The session has moved: what it asked may be answered.
    return [...(asked ? [updated(view, asked)] : []), { seq, event: 'status', data: view.status }, ...end];
  });
}

function updated(view: View, row: MessageRow): LiveEvent {
  return { seq: null, event: 'message.updated', data: { id: row.id, input_open: view.asking === row.id, status: 'sent' } };
}

const maxBack = 50;

/** The last question before a number. */
async function lastAsking(app: App, { conversation }: View, before: number): Promise<MessageRow | null> {
  const rows = await listMessages(app.db, conversation.id, { beforeSeq: before, order: 'desc', limit: maxBack, notes: 'without' });
  return rows.find((row) => row.direction === 'out' && inputOf(row)) ?? null;
}
