// What people of the team need of a conversation: who has it, who waits for them, and how far each has read.
import type { Migration } from '../migrations.ts';

export const inbox: Migration = {
  name: '0040-inbox',
  up: (d) => [
    // `handler`: bot or people. `parked`: what came for a flow that people have stopped, until it goes on.
    `alter table conversation add column handler text not null default 'bot'`,
    `alter table conversation add column taken_at ${d.int}`,
    'alter table conversation add column parked text',
    `alter table conversation add column waiting_since ${d.int}`,
    `update conversation set handler = 'people' where exists (
      select 1 from session where session.id = conversation.session_id and session.status in ('handed_off', 'failed'))`,
    // Few are done by people, wait for them or belong to one: these touch a conversation only when it is one of them.
    `create index conversation_done on conversation (bot_id, (coalesce(last_message_at, created_at)), id) where status = 'done'`,
    `create index conversation_queue on conversation (bot_id, (coalesce(last_message_at, created_at)), id) where status = 'open' and handler = 'people'`,
    'create index conversation_assigned on conversation (bot_id, assignee_id, (coalesce(last_message_at, created_at)), id) where assignee_id is not null',
    `create table conversation_read (
      conversation_id ${d.int} not null references conversation (id) on delete cascade, account_id ${d.int} not null,
      seq ${d.int} not null, at ${d.int} not null, primary key (conversation_id, account_id))${d.strict}`,
    `create table canned_reply (
      id ${d.id}, workspace_id ${d.int} not null references workspace (id) on delete cascade, shortcut text not null, shortcut_key text not null,
      text text not null, created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create unique index canned_reply_shortcut on canned_reply (workspace_id, shortcut_key)',
    'create index canned_reply_workspace on canned_reply (workspace_id, id)',
  ],
};
