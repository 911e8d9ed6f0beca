// Each run of a chat with how it came about and how it ended, what a chat is held to and who is told of it, and where
// the flow stood after each of its turns, so that it can be gone on with from there.
import type { Migration } from '../migrations.ts';

export const chatRuns: Migration = {
  name: '0060-chat-runs',
  up: (d) => [
    `alter table chat add column limits text not null default '{}'`,
    'alter table chat add column webhook text',
    `alter table chat add column expires_at ${d.int}`,
    `alter table chat add column key_id ${d.int}`,
    'create index chat_member on chat (workspace_id, owner_id, conversation_id)',
    // Of a chat alone: nobody else's turn grows by it.
    'alter table step add column state text',
    `create table chat_run (
      session_id ${d.int} primary key references session (id) on delete cascade,
      conversation_id ${d.int} not null references conversation (id) on delete cascade, workspace_id ${d.int} not null,
      owner_id ${d.int} not null, flow_id ${d.int} not null, key_id ${d.int}, trigger text not null, message_id ${d.int},
      first_seq ${d.int}, attempt ${d.int} not null, retry_of ${d.int}, stop_reason text, error text, error_block text, cancel_reason text,
      started_at ${d.int} not null, finished_at ${d.int})${d.strict}`,
    'create index chat_run_conversation on chat_run (conversation_id, session_id)',
    'create index chat_run_member on chat_run (workspace_id, owner_id, started_at)',
    `insert into chat_run (session_id, conversation_id, workspace_id, owner_id, flow_id, trigger, attempt, stop_reason, error, started_at, finished_at)
      select session.id, chat.conversation_id, chat.workspace_id, chat.owner_id, session.flow_id, 'message', 1,
        case session.status when 'ended' then 'graph_complete' when 'failed' then 'error' end,
        case session.status when 'failed' then chat.last_error end, session.started_at,
        case when session.status in ('ended', 'failed') then session.updated_at end
      from session join chat on chat.conversation_id = session.conversation_id`,
  ],
};
