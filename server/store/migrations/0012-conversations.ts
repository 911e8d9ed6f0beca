// What is said, and the sessions that say it. The hot path of a turn is in here: few rows, few indexes, append where it can.
import type { Migration } from '../migrations.ts';

export const conversations: Migration = {
  name: '0012-conversations',
  up: (d) => [
    `create table conversation (
      id ${d.id}, workspace_id ${d.int} not null, bot_id ${d.int} not null references bot (id) on delete cascade,
      subscriber_id ${d.int} not null references subscriber (id) on delete cascade, channel text not null,
      site_id ${d.int} references site (id) on delete cascade, visitor text, public_id text unique, status text not null,
      assignee_id ${d.int}, session_id ${d.int}, seq ${d.int} not null, public_at ${d.int} not null, messages ${d.int} not null,
      opened_at ${d.int} not null, closed_at ${d.int}, last_message_at ${d.int}, created_at ${d.int} not null)${d.strict}`,
    'create unique index conversation_visitor on conversation (site_id, visitor) where visitor is not null',
    'create index conversation_bot on conversation (bot_id, id)',
    'create index conversation_subscriber on conversation (subscriber_id, id)',
    `create table chat (
      conversation_id ${d.int} primary key references conversation (id) on delete cascade, workspace_id ${d.int} not null,
      bot_id ${d.int} not null, owner_id ${d.int} not null, name text not null, from_type text not null, from_flow text not null,
      flow_id ${d.int} not null, metadata text not null, queue text not null, stop_reason text, last_error text,
      created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create index chat_owner on chat (bot_id, owner_id, conversation_id)',
    `create table message (
      id ${d.id}, conversation_id ${d.int} not null references conversation (id) on delete cascade, seq ${d.int} not null,
      direction text not null, author_kind text not null, author_id ${d.int}, author_name text not null,
      body text not null, text text not null, at ${d.int} not null, public_at ${d.int} not null)${d.strict}`,
    'create index message_conversation on message (conversation_id, id)',
    `create table session (
      id ${d.id}, conversation_id ${d.int} not null references conversation (id) on delete cascade,
      flow_id ${d.int} not null, version ${d.int} not null, status text not null, state text not null, rev ${d.int} not null,
      started_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create index session_conversation on session (conversation_id, id)',
    // One row a turn: its events in order, numbered without a gap, and the trace of the blocks it ran.
    `create table step (
      conversation_id ${d.int} not null references conversation (id) on delete cascade, last_seq ${d.int} not null,
      session_id ${d.int}, at ${d.int} not null, events text not null, trace text not null,
      primary key (conversation_id, last_seq))${d.strict}`,
    `create table timer (
      session_id ${d.int} primary key references session (id) on delete cascade, wait text not null, due_at ${d.int} not null)${d.strict}`,
    'create index timer_due on timer (due_at)',
    // What a provider sent, so that the same event is never worked on twice.
    `create table inbound (
      source text not null, event text not null, at ${d.int} not null, primary key (source, event))${d.strict}`,
    'create index inbound_at on inbound (at)',
    `create table job (
      id ${d.id}, kind text not null, workspace_id ${d.int} not null, key text not null unique, payload text not null,
      run_at ${d.int} not null, attempts ${d.int} not null, leased_until ${d.int}, crashes ${d.int} not null, last_error text,
      dead_at ${d.int}, created_at ${d.int} not null)${d.strict}`,
    'create index job_due on job (run_at) where dead_at is null',
  ],
};
