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
  name: string;
  name_key: string;
  from_type: string;
  /** As the caller wrote it. */
  from_flow: string;
  flow_id: number;
  metadata: string;
  /** JSON: what the flow's parameters and variables begin with, in every run. */
  variables: string;
  /** JSON: messages that came while the flow was busy with something else, oldest first. */
  queue: string;
  stop_reason: string | null;
  last_error: string | null;
  created_at: number;
  updated_at: number;
};

export type Chat = Selectable<ChatTable>;
export type OpenChat = { chat: Chat; conversation: Conversation; botName: string };

/** Whose chats: one member's, of one bot. */
export type ChatOwner = { botId: number; ownerId: number };

export async function insertChat(tx: Db, chat: Chat): Promise<void> {
  await tx.insertInto('chat').values(chat).execute();
}

function chatsOf(db: Db, owner: ChatOwner) {
  return db
    .selectFrom('chat')
    .innerJoin('conversation', 'conversation.id', 'chat.conversation_id')
    .selectAll('conversation')
    .select([
      'chat.owner_id',
      'chat.name',
      'chat.name_key',
      'chat.from_type',
      'chat.from_flow',
      'chat.flow_id',
      'chat.metadata',
      'chat.variables',
      'chat.queue',
      'chat.stop_reason',
      'chat.last_error',
      'chat.updated_at',
      'chat.created_at as chat_created_at',
    ])
    .select((eb) => eb.selectFrom('bot').whereRef('bot.id', '=', 'chat.bot_id').select('bot.name').as('bot_name'))
    .where('chat.bot_id', '=', owner.botId)
    .where('chat.owner_id', '=', owner.ownerId);
}

type Joined = Awaited<ReturnType<ReturnType<typeof chatsOf>['executeTakeFirstOrThrow']>>;

function split(row: Joined): OpenChat {
  const {
    bot_name,
    owner_id,
    name,
    name_key,
    from_type,
    from_flow,
    flow_id,
    metadata,
    variables,
    queue,
    stop_reason,
    last_error,
    updated_at,
    chat_created_at,
    ...conversation
  } = row;
  const { workspace_id, bot_id } = conversation;
  return {
    conversation,
    botName: bot_name ?? '',
    chat: {
      conversation_id: conversation.id,
      workspace_id,
      bot_id,
      owner_id,
      name,
      name_key,
      from_type,
      from_flow,
      flow_id,
      metadata,
      variables,
      queue,
      stop_reason,
      last_error,
      created_at: chat_created_at,
      updated_at,
    },
  };
}

export function findChat(db: Db, owner: ChatOwner, publicId: string): Promise<OpenChat | null> {
  return openBy(select, db, owner, publicId);
}

/** Its conversation is held until the transaction ends, as lockConversation does it. */
export function lockChat(tx: Db, owner: ChatOwner, publicId: string): Promise<OpenChat | null> {
  return openBy(selectLocked, tx, owner, publicId);
}

// Two rows by their keys: cheaper than one of both, which would have to be taken apart again.
async function openBy(find: typeof select, db: Db, { botId, ownerId }: ChatOwner, publicId: string): Promise<OpenChat | null> {
  const [conversation] = await find(db, { botId, publicId });
  const [row] = conversation ? await selectChat(db, { botId, ownerId, conversationId: conversation.id }) : [];
  return conversation && row ? { conversation, chat: row, botName: row.bot_name ?? '' } : null;
}

const select = kept((db, { botId, publicId }: { botId: number; publicId: string }) =>
  db.selectFrom('conversation').selectAll().where('bot_id', '=', botId).where('public_id', '=', publicId),
);

const selectLocked: typeof select = kept((tx, { botId, publicId }) => {
  const query = tx.selectFrom('conversation').selectAll().where('bot_id', '=', botId).where('public_id', '=', publicId);
  return hasRowLocks(tx) ? query.forUpdate() : query;
});

const selectChat = kept((db, one: ChatOwner & { conversationId: number }) =>
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
  flowId?: number | undefined;
  fromFlow?: string | undefined;
  q?: string | undefined;
  before?: number | undefined;
  limit: number;
};

export async function listChats(db: Db, owner: ChatOwner, filter: ChatFilter): Promise<OpenChat[]> {
  let query = chatsOf(db, owner);
  if (filter.q) query = query.where(contains('chat.name_key', filter.q));
  if (filter.flowId !== undefined) query = query.where('chat.flow_id', '=', filter.flowId);
  else if (filter.fromFlow !== undefined) query = query.where('chat.from_flow', '=', filter.fromFlow);
  if (filter.before !== undefined) query = query.where('chat.conversation_id', '<', filter.before);
  const rows = await query.orderBy('chat.conversation_id', 'desc').limit(filter.limit).execute();
  return rows.map(split);
}

export async function updateChat(
  tx: Db,
  botId: number,
  conversationId: number,
  change: Partial<Pick<Chat, 'name' | 'metadata' | 'queue' | 'stop_reason' | 'last_error'>>,
  at: number,
): Promise<void> {
  await tx
    .updateTable('chat')
    .set({ ...change, updated_at: at })
    .where('bot_id', '=', botId)
    .where('conversation_id', '=', conversationId)
    .execute();
}
