// /v1/events: what happens in a workspace, or in one bot of it, as far as the caller may see it. Facts are kept under
// numbers and told again from any of them; that a conversation has moved, and who types or looks on in one, is told once,
// without a number.
import { z } from 'zod';
import { heldScopes } from '../../auth.ts';
import { type Context, type LiveEvent, type LiveSource, route } from '../../http/route.ts';
import type { Announcement, Sign } from '../../live.ts';
import { type EventRow, type FactReach, factsAfter, lastFactId } from '../../store/events.ts';

/** Of conversations that moved while the reader was busy. */
const maxMoved = 1_000;
const maxSigns = 200;
/** Where several nodes write, a fact may be committed after one with a higher number: all are told this much later. */
const settleMs = 5_000;

type Ask = Pick<Context<unknown, unknown, unknown>, 'app' | 'caller' | 'tenant'>;

export function workspaceStream({ app, caller, tenant }: Ask): LiveSource {
  const { workspaceId, botId } = tenant;
  const held = heldScopes({ caller, tenant });
  const isPerson = caller.kind === 'account';
  const reach: FactReach = { botId: botId === 0 ? null : botId, audited: held.includes('Manage Team'), daily: isPerson || held.includes('Manage Flow') };
  const seesConversations = isPerson || held.includes('Send Message');
  const moved = new Map<number, number>();
  const signs = new Map<string, LiveEvent>();
  let isMissing = false;
  const notices = (): LiveEvent[] => {
    const told: LiveEvent[] = isMissing ? [{ seq: null, event: 'stream.missed', data: {} }] : [];
    for (const [conversation, seq] of moved) told.push({ seq: null, event: 'conversation.changed', data: { conversation, seq } });
    told.push(...signs.values());
    isMissing = false;
    moved.clear();
    signs.clear();
    return told;
  };
  const ripe = app.database.isShared ? settleMs : 0;
  return {
    name: 'workspace',
    about: botId === 0 ? { workspace: workspaceId } : { bot: botId },
    isGapless: false,
    settleMs: ripe === 0 ? 0 : ripe + 100,
    lastSeq: () => lastFactId(app.db),
    snapshot: async () => {
      const seq = await lastFactId(app.db, app.clock.now() - ripe);
      return { seq, event: 'stream.snapshot', data: { seq } };
    },
    read: async (after, limit) => {
      const rows = await factsAfter(app.db, workspaceId, reach, { after, until: app.clock.now() - ripe, limit });
      return [...notices(), ...rows.map(shown)];
    },
    hear: (one) => {
      if (!seesConversations || (one !== null && one.conversationId === null)) return true;
      if (one?.sign) {
        const [key, event] = shownSign(one, one.sign);
        // What somebody did a moment ago may be passed over, and is when there is too much of it.
        if (signs.size < maxSigns || signs.has(key)) signs.set(key, event);
        return true;
      }
      if (one?.conversationId != null && (moved.has(one.conversationId) || moved.size < maxMoved)) moved.set(one.conversationId, one.seq);
      else isMissing = true;
      return true;
    },
  };
}

/** By who does what where: the newest counts. */
function shownSign({ conversationId: conversation }: Announcement, sign: Sign): [key: string, event: LiveEvent] {
  const { kind, who } = sign;
  const about = { conversation, who };
  const data = sign.kind === 'read' ? { ...about, up_to: sign.upTo } : sign.kind === 'present' ? { ...about, page: sign.page } : { ...about, on: sign.isOn };
  return [`${conversation} ${kind} ${who.kind} ${who.id}`, { seq: null, event: `conversation.${kind}`, data }];
}

function shown(row: EventRow): LiveEvent {
  const { id, kind, at, bot_id, actor_kind, actor_id, actor_name, subject } = row;
  const data = JSON.parse(row.data) as unknown;
  return { seq: id, event: kind, data: { id, at, bot: bot_id, actor: { kind: actor_kind, id: actor_id, name: actor_name }, subject, data } };
}

const whole = z.string().regex(/^\d{1,15}$/);

export const eventRoutes = [
  route({
    method: 'GET',
    path: '/events',
    access: 'team_any',
    query: z.object({ after: whole.optional().describe('The number of the last fact you have seen; 0 = everything; absent = from now on.') }),
    docs: {
      id: 'streamEvents',
      tag: 'Events',
      summary: 'What happens in a workspace',
      description: [
        'Server-sent events of the workspace, or of the bot that `X-Bot` (or the key) names.',
        'Facts (`flow.published`, `tag.created`, `key.revoked` …) carry a number and are told again after `Last-Event-ID` or `?after=`, in order and once each;',
        'those of the audit log are shown to who may manage the team.',
        'With Postgres a fact comes 5 seconds after it happened, so that none is passed over.',
        '`conversation.typing` and `conversation.viewing {conversation, who, on}` and `conversation.read {conversation, who, up_to}` tell of people, at once and once.',
        '`conversation.present {conversation, who, page: {url, title} | null}` says that a visitor is on the website: it comes every 15 seconds while they are, and holds for 30.',
        'The page comes when it is another one, and again when somebody of the team begins to view the conversation; null: it is as you know it.',
        '`conversation.changed {conversation, seq}` says that a conversation has events up to `seq`. It comes at once, carries no number and is not told again:',
        'after a reconnect, and after `stream.missed`, read the list of conversations.',
      ].join(' '),
    },
    stream: async (context) => workspaceStream(context),
    run: async () => undefined,
  }),
];
