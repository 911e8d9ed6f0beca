// Chats: conversations on the channel `api`, with who owns them and what they run.
import type { Selectable } from 'kysely';
import type { Conversation } from './conversations.ts';
import { type Db, hasRowLocks, kept } from './database.ts';
import { contains } from './pages.ts';

export type ChatTable = {
  conversation_id: number;
  workspace_id: number;
  bot_id: number;
  /** The member whose keys see it. */
  owner_id: number;
  /** The key it was made with; null for a person. */
  key_id: number | null;
  name: string;
  name_key: string;
  from_type: string;
  /** As the caller wrote it. */
  from_flow: string;
  flow_id: number;
  metadata: string;
  /** JSON: what the flow's parameters and variables begin with, in every run. */
  variables: string;
  /** JSON: what each run, or the whole of it, is held to. */
  limits: string;
  /** JSON: who is told what happens, the secret sealed; null = nobody. */
  webhook: string | null;
  /** When it ends by itself; null = never. */
  expires_at: number | null;
  /** JSON: messages that came while the flow was busy with something else, oldest first. */
  queue: string;
  stop_reason: string | null;
  last_error: string | null;
  created_at: number;
  updated_at: number;
};

export type Chat = Selectable<ChatTable>;
export type OpenChat = { chat: Chat; conversation: Conversation; botName: string };

/** Whose chats: one member's, of one bot or of all in a workspace, of all flows or of these. */
export type ChatOwner = { workspaceId: number; botId: number | null; ownerId: number; flows: readonly number[] | null };

export async function insertChat(tx: Db, chat: Chat): Promise<void> {
  await tx.insertInto('chat').values(chat).execute();
}

const ofChat = [
  'owner_id',
  'key_id',
  'name',
  'name_key',
  'from_type',
  'from_flow',
  'flow_id',
  'metadata',
  'variables',
  'limits',
  'webhook',
  'expires_at',
  'queue',
  'stop_reason',
  'last_error',
  'updated_at',
] as const satisfies (keyof Chat)[];

function chatsOf(db: Db, { workspaceId, botId, ownerId, flows }: ChatOwner) {
  let query = db
    .selectFrom('chat')
    .innerJoin('conversation', 'conversation.id', 'chat.conversation_id')
    .selectAll('conversation')
    .select(ofChat.map((name) => `chat.${name}` as const))
    .select('chat.created_at as chat_created_at')
    .select((eb) => eb.selectFrom('bot').whereRef('bot.id', '=', 'chat.bot_id').select('bot.name').as('bot_name'))
    .where('chat.workspace_id', '=', workspaceId)
    .where('chat.owner_id', '=', ownerId);
  if (botId !== null) query = query.where('chat.bot_id', '=', botId);
  if (flows !== null) query = query.where('chat.flow_id', 'in', [...flows, 0]);
  return query;
}

type Joined = Awaited<ReturnType<ReturnType<typeof chatsOf>['executeTakeFirstOrThrow']>>;

function split(row: Joined): OpenChat {
  const { bot_name, chat_created_at, ...rest } = row;
  const own = Object.fromEntries(ofChat.map((name) => [name, rest[name]])) as Pick<Chat, (typeof ofChat)[number]>;
  const conversation = Object.fromEntries(Object.entries(rest).filter(([name]) => !(ofChat as readonly string[]).includes(name))) as Conversation;
  const { id, workspace_id, bot_id } = conversation;
  return { conversation, botName: bot_name ?? '', chat: { conversation_id: id, workspace_id, bot_id, ...own, created_at: chat_created_at } };
}

export function findChat(db: Db, owner: ChatOwner, publicId: string): Promise<OpenChat | null> {
  return openBy(select, db, owner, publicId);
}

/** Its conversation is held until the transaction ends, as lockConversation does it. */
export function lockChat(tx: Db, owner: ChatOwner, publicId: string): Promise<OpenChat | null> {
  return openBy(selectLocked, tx, owner, publicId);
}

// Two rows by their keys: cheaper than one of both, which would have to be taken apart again.
async function openBy(find: typeof select, db: Db, owner: ChatOwner, publicId: string): Promise<OpenChat | null> {
  const { workspaceId, botId, ownerId, flows } = owner;
  const [conversation] = await find(db, { workspaceId, publicId });
  if (!conversation || (botId !== null && conversation.bot_id !== botId)) return null;
  const [row] = await selectChat(db, { botId: conversation.bot_id, ownerId, conversationId: conversation.id });
  return row && (flows === null || flows.includes(row.flow_id)) ? { conversation, chat: row, botName: row.bot_name ?? '' } : null;
}

const select = kept((db, { workspaceId, publicId }: { workspaceId: number; publicId: string }) =>
  db.selectFrom('conversation').selectAll().where('workspace_id', '=', workspaceId).where('public_id', '=', publicId),
);

const selectLocked: typeof select = kept((tx, { workspaceId, publicId }) => {
  const query = tx.selectFrom('conversation').selectAll().where('workspace_id', '=', workspaceId).where('public_id', '=', publicId);
  return hasRowLocks(tx) ? query.forUpdate() : query;
});

const selectChat = kept((db, one: { botId: number; ownerId: number; conversationId: number }) =>
  db
    .selectFrom('chat')
    .selectAll()
    .select((eb) => eb.selectFrom('bot').whereRef('bot.id', '=', 'chat.bot_id').select('bot.name').as('bot_name'))
    .where('conversation_id', '=', one.conversationId)
    .where('bot_id', '=', one.botId)
    .where('owner_id', '=', one.ownerId),
);

export async function findChatOf(db: Db, botId: number, conversationId: number): Promise<Chat | null> {
  return (await db.selectFrom('chat').selectAll().where('bot_id', '=', botId).where('conversation_id', '=', conversationId).executeTakeFirst()) ?? null;
}

/** By the flow's number where it is known; of a flow that was deleted, by what the chat was made with. */
export type ChatFilter = {
  flowIds?: readonly number[] | undefined;
  fromFlow?: string | undefined;
  q?: string | undefined;
  before?: number | undefined;
  limit: number;
};

export async function listChats(db: Db, owner: ChatOwner, filter: ChatFilter): Promise<OpenChat[]> {
  let query = chatsOf(db, owner);
  if (filter.q) query = query.where(contains('chat.name_key', filter.q));
  if (filter.flowIds) query = query.where('chat.flow_id', 'in', filter.flowIds);
  else if (filter.fromFlow !== undefined) query = query.where('chat.from_flow', '=', filter.fromFlow);
  if (filter.before !== undefined) query = query.where('chat.conversation_id', '<', filter.before);
  const rows = await query.orderBy('chat.conversation_id', 'desc').limit(filter.limit).execute();
  return rows.map(split);
}

export async function updateChat(
  tx: Db,
  botId: number,
  conversationId: number,
  change: Partial<Pick<Chat, 'name' | 'name_key' | 'metadata' | 'limits' | 'webhook' | 'expires_at' | 'queue' | 'stop_reason' | 'last_error'>>,
  at: number,
): Promise<void> {
  await tx
    .updateTable('chat')
    .set({ ...change, updated_at: at })
    .where('bot_id', '=', botId)
    .where('conversation_id', '=', conversationId)
    .execute();
}
