// A conversation as its visitor sees it: messages in full, what is asked of them, who answers. Notes of the team are
// nowhere in it.
import { type Button, type Card, type Choice, type InputSpec, type Message, plainText, type Reply } from '@parley/engine/message.ts';
import type { Session } from '@parley/engine/session.ts';
import type { z } from 'zod';
import type { App } from '../../app.ts';
import { withFreshLinks } from '../../commands/file-links.ts';
import { settingsOf } from '../../commands/site-settings.ts';
import { readByTeam } from '../../store/conversation-reads.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { type FileRow, filesOfMessages } from '../../store/files.ts';
import { findMember } from '../../store/members.ts';
import { listMessages, type MessageRow } from '../../store/messages.ts';
import { findSession } from '../../store/sessions.ts';
import type { Site } from '../../store/sites.ts';
import { showAttachment } from './files.ts';
import type { attachment, author, message, messages, status } from './shapes.ts';

type Shown<S extends z.ZodType> = z.input<S>;

export type View = {
  site: Site;
  conversation: Conversation;
  /** The message whose question waits for an answer. */
  asking: number | null;
  /** The team has looked at what was said up to this number. */
  readSeq: number;
  status: Shown<typeof status>;
  /** The slug of the flow that runs or ran last, where it stands. */
  flow: string | null;
};

/** How far back an open question, and an agent’s answer, are looked for: behind it more was said than anyone scrolls past. */
const maxBack = 50;

export async function viewOf(db: Db, site: Site, conversation: Conversation): Promise<View> {
  const state = await stateOf(db, conversation);
  const waitsAt = state?.status === 'waiting' && state.wait?.kind === 'reply' ? state.wait.block : null;
  const isLookedAt = waitsAt !== null || conversation.assignee_id !== null;
  const latest = isLookedAt ? await listMessages(db, conversation.id, { order: 'desc', limit: maxBack, notes: 'without' }) : [];
  return {
    site,
    conversation,
    asking: latest.find((row) => waitsAt !== null && row.direction === 'out' && inputOf(row)?.block === waitsAt)?.id ?? null,
    // Who answers has read, and so has who has it open in the inbox.
    readSeq: Math.max(latest.find((row) => row.author_kind === 'agent')?.seq ?? 0, await readByTeam(db, conversation.id)),
    status: await statusIn(db, site, conversation, state),
    flow: state?.cursor.flow ?? null,
  };
}

async function stateOf(db: Db, { id, session_id: sessionId }: Conversation): Promise<Session | null> {
  const session = sessionId === null ? null : await findSession(db, id, sessionId);
  return session && (JSON.parse(session.state) as Session);
}

export async function statusOf(db: Db, site: Site, conversation: Conversation): Promise<View['status']> {
  return statusIn(db, site, conversation, await stateOf(db, conversation));
}

export function inputOf(row: MessageRow): InputSpec | null {
  const body = JSON.parse(row.body) as Message;
  return body.kind === 'text' ? (body.input ?? null) : null;
}

async function statusIn(db: Db, site: Site, conversation: Conversation, state: Session | null): Promise<View['status']> {
  const { assignee_id: assignee } = conversation;
  // People who have stopped the flow have it, wherever it stands.
  const isBots = conversation.handler === 'bot' && (state?.status === 'running' || state?.status === 'waiting');
  const name = isBots || assignee === null ? null : ((await findMember(db, conversation.workspace_id, assignee))?.name ?? '');
  return {
    state: conversation.status === 'done' ? 'closed' : 'open',
    handled_by: isBots ? 'bot' : assignee === null ? 'queue' : 'agent',
    agent: name === null ? null : agentAs(site, name),
  };
}

/** An agent under their own name, or that of the site. */
export function agentAs(site: Site, name: string): Shown<typeof author> {
  return { kind: 'agent', name: settingsOf(site).show_agents && name !== '' ? name : site.author_label, avatar: null };
}

/** What the five calls show as the author: the site's label, or the agent who answered where the site shows agents. */
export function labelOf(site: Site, row: MessageRow): string {
  if (row.direction === 'in') return row.author_name;
  return row.author_kind === 'agent' ? agentAs(site, row.author_name).name : site.author_label;
}

export type Range = { cursor?: number | undefined; before?: number | undefined; limit: number };

/** After a cursor, oldest first; before one, or at the end, the page that ends there. */
export async function pageOf(app: App, db: Db, view: View, { cursor, before, limit }: Range): Promise<Shown<typeof messages>> {
  const { conversation } = view;
  // A cursor from another life of the store: begin at the end again.
  const after = cursor !== undefined && cursor <= conversation.seq ? cursor : undefined;
  const range = after === undefined ? { beforeSeq: before, order: 'desc' as const } : { afterSeq: after };
  const rows = await listMessages(db, conversation.id, { ...range, limit: limit + 1, notes: 'without' });
  const page = rows.slice(0, limit);
  if (after === undefined) page.reverse();
  const [first, last] = [page[0], page.at(-1)];
  const isMore = rows.length > limit;
  const hasOlder = after === undefined ? isMore : first !== undefined && (await isOlder(db, conversation.id, first.id));
  return {
    data: await showAll(app, db, view, page),
    next_cursor: after !== undefined && isMore ? (last?.seq ?? 0) : Math.max(last?.seq ?? 0, conversation.seq),
    prev_cursor: hasOlder ? (first?.seq ?? null) : null,
    status: view.status,
  };
}

async function isOlder(db: Db, conversationId: number, id: number): Promise<boolean> {
  return (await listMessages(db, conversationId, { beforeId: id, order: 'desc', limit: 1, notes: 'without' })).length > 0;
}

/** As they are told: with their files, whose links are good for a while from now. */
export async function showAll(app: App, db: Db, view: View, found: readonly MessageRow[]): Promise<Shown<typeof message>[]> {
  const rows = await withFreshLinks(app, db, view.conversation, found);
  const files = await filesAmong(db, view.conversation.id, rows);
  return rows.map((row) =>
    show(
      view,
      row,
      (files.get(row.id) ?? []).map((file) => showAttachment(app, file)),
    ),
  );
}

const perLook = 1_000;

export async function filesAmong(db: Db, conversationId: number, rows: readonly MessageRow[]): Promise<Map<number | null, FileRow[]>> {
  const found: FileRow[] = [];
  for (let at = 0; at < rows.length; at += perLook) {
    const ids = rows.slice(at, at + perLook).map(({ id }) => id);
    found.push(...(await filesOfMessages(db, conversationId, ids)));
  }
  return Map.groupBy(found, ({ message_id }) => message_id);
}

type Attachment = Shown<typeof attachment>;
const nothing = { attachments: [], buttons: [], cards: [], input: null, location: null };

function show(view: View, row: MessageRow, files: Attachment[]): Shown<typeof message> {
  const { id, seq, client_id, at: timestamp } = row;
  const common = { id, seq, client_id, timestamp, ...nothing };
  if (row.direction === 'in') return { ...common, ...received(view, row, files) };
  const content = contentOf(view, row, JSON.parse(row.body) as Message);
  const attachments = [...(content.attachments ?? []), ...files];
  const type = content.type === 'text' && attachments.length > 0 ? 'media' : content.type;
  return { ...common, direction: 'outbound', author: authorOf(view.site, row), status: 'sent', ...content, type, attachments };
}

function received(view: View, row: MessageRow, attachments: Attachment[]) {
  const { location } = JSON.parse(row.body) as Reply;
  return {
    direction: 'inbound' as const,
    type: attachments.length > 0 ? ('media' as const) : location ? ('location' as const) : ('text' as const),
    body: row.text,
    author: { kind: 'visitor' as const, name: row.author_name, avatar: null },
    attachments,
    location: location ? { name: '', address: '', ...location } : null,
    status: row.seq <= view.readSeq ? ('read' as const) : ('sent' as const),
  };
}

function authorOf(site: Site, row: MessageRow): Shown<typeof author> {
  return row.author_kind === 'agent' ? agentAs(site, row.author_name) : { kind: 'bot', name: site.author_label, avatar: null };
}

function contentOf(view: View, row: MessageRow, body: Message): Partial<Shown<typeof message>> & Pick<Shown<typeof message>, 'type' | 'body'> {
  switch (body.kind) {
    case 'text':
      return {
        type: 'text',
        body: body.text,
        buttons: (body.buttons ?? []).map(buttonAs),
        input: body.input ? inputAs(body.input, view.asking === row.id) : null,
      };
    case 'media':
      return { type: 'media', body: body.caption ?? '', attachments: [pictureOf(row, body)] };
    case 'cards':
      return { type: 'cards', body: '', cards: body.cards.map(cardAs) };
    case 'location': {
      const { lat, lng, name = '', address = '' } = body;
      return { type: 'location', body: '', location: { lat, lng, name, address } };
    }
    default:
      return { type: 'text', body: plainText(body) };
  }
}

/** For those who know only the five calls: choices as numbered lines, cards as titles, files by their links. */
export function plainBody(app: App, row: MessageRow, files: readonly FileRow[]): string {
  const body = row.direction === 'out' && row.body.startsWith('{"kind":"cards"') ? (JSON.parse(row.body) as Extract<Message, { kind: 'cards' }>) : null;
  const text = body ? body.cards.map(({ title, buttons }) => [title, ...buttons.map(numbered)].join('\n')).join('\n') : row.text;
  return [text, ...files.flatMap((file) => [file.name, showAttachment(app, file).url])].filter((line) => line !== '').join('\n');
}

function numbered({ label, url }: Button, at: number): string {
  return `${at + 1}. ${label}${url ? `: ${url}` : ''}`;
}

function buttonAs({ id, label, payload, url, phone }: Button) {
  return { id, label, payload, url: url ?? null, phone: phone ?? null };
}

function choiceAs({ id, label, payload }: Choice) {
  return { id, label, payload };
}

function cardAs({ id, title, text = '', image, buttons }: Card) {
  return { id, title, text, image: image ?? null, buttons: buttons.map(buttonAs) };
}

function inputAs(input: InputSpec, open: boolean): Shown<typeof message>['input'] {
  const plain = { choices: [], fields: [], placeholder: null, accept: [], max_bytes: null, min: null, max: null, can_skip: false, skip_label: null };
  if (input.kind === 'form') return { ...plain, kind: 'form', open, fields: input.fields.map((field) => ({ ...field, choices: field.choices.map(choiceAs) })) };
  return {
    ...plain,
    kind: input.kind,
    open,
    choices: input.choices.map(choiceAs),
    placeholder: input.placeholder ?? null,
    accept: input.accept ?? [],
    max_bytes: input.maxBytes ?? null,
    min: input.min ?? null,
    max: input.max ?? null,
    can_skip: input.canSkip,
    skip_label: input.skip ?? null,
  };
}

const kinds = { image: 'image', video: 'video', audio: 'audio', file: 'file', sticker: 'image' } as const;

/** What a flow shows lies at an address of its author's: of type and size nothing is known. */
function pictureOf(row: MessageRow, body: Extract<Message, { kind: 'media' }>): Shown<typeof attachment> {
  const path = URL.canParse(body.url) ? new URL(body.url).pathname : '';
  const name = body.alt ?? path.slice(path.lastIndexOf('/') + 1);
  return { id: `m${row.id}`, name, type: 'application/octet-stream', size: 0, kind: kinds[body.media], url: body.url };
}
