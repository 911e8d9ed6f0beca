// Who signs in, what they own, with what they call, and what happened: the house every later table stands in.
import type { Migration } from '../migrations.ts';

export const accounts: Migration = {
  name: '0001-accounts',
  up: (d) => [
    `create table setting (workspace_id ${d.int} not null, name text not null, value text not null, primary key (workspace_id, name))${d.strict}`,
    `create table account (
      id ${d.id}, email text not null, email_key text not null unique, name text not null, name_key text not null, image text,
      password_hash text, preferences text not null, created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    `create table sign_in (
      hash text primary key, account_id ${d.int} not null references account (id) on delete cascade,
      created_at ${d.int} not null, seen_at ${d.int} not null, expires_at ${d.int} not null, ip text, agent text)${d.strict}`,
    'create index sign_in_account on sign_in (account_id)',
    `create table workspace (id ${d.id}, name text not null, image text, created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    `create table member (
      workspace_id ${d.int} not null references workspace (id) on delete cascade,
      account_id ${d.int} not null references account (id) on delete cascade,
      role text not null, created_at ${d.int} not null, primary key (workspace_id, account_id))${d.strict}`,
    'create index member_account on member (account_id)',
    `create table invite (
      id ${d.id}, workspace_id ${d.int} not null references workspace (id) on delete cascade, email text not null,
      role text not null, hash text not null unique, invited_by ${d.int} not null, created_at ${d.int} not null,
      expires_at ${d.int} not null)${d.strict}`,
    'create index invite_workspace on invite (workspace_id, id)',
    `create table bot (
      id ${d.id}, workspace_id ${d.int} not null references workspace (id) on delete cascade, name text not null, name_key text not null,
      type text not null, created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create index bot_workspace on bot (workspace_id, id)',
    `create table api_key (
      id ${d.id}, workspace_id ${d.int} not null references workspace (id) on delete cascade,
      bot_id ${d.int} references bot (id) on delete cascade, account_id ${d.int} not null references account (id),
      name text not null, prefix text not null, hash text not null unique, scopes text not null,
      quota_per_hour ${d.int} not null, expires_at ${d.int}, last_used_at ${d.int}, created_at ${d.int} not null)${d.strict}`,
    'create index api_key_workspace on api_key (workspace_id, id)',
    `create table site (
      id ${d.id}, workspace_id ${d.int} not null references workspace (id) on delete cascade,
      bot_id ${d.int} not null references bot (id) on delete cascade, name text not null, site_key text not null unique,
      greeting text not null, auto_reply text, origins text not null, author_label text not null,
      shared_network ${d.int} not null, anonymous ${d.int} not null, flow text, rev ${d.int} not null,
      created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create index site_workspace on site (workspace_id, id)',
    `create table event (
      id ${d.id}, workspace_id ${d.int} not null, bot_id ${d.int}, kind text not null, at ${d.int} not null,
      actor_kind text not null, actor_id ${d.int}, actor_name text not null, subject text not null, data text not null,
      ip text, request_id text, chain text)${d.strict}`,
    // Only what the audit log shows is looked up; the rest is the most frequent write there is.
    'create index event_chain_order on event (workspace_id, id) where chain is not null',
    'create index event_audit on event (workspace_id, at, id) where chain is not null',
    'create index event_audit_kind on event (workspace_id, kind, at, id) where chain is not null',
    'create index event_audit_actor on event (workspace_id, actor_kind, actor_id, at, id) where chain is not null',
    `create table event_chain (workspace_id ${d.int} primary key, head text not null)${d.strict}`,
    `create table idempotency (
      scope text not null, name text not null, fingerprint text not null, status ${d.int} not null, headers text not null,
      body text, created_at ${d.int} not null, primary key (scope, name))${d.strict}`,
    'create index idempotency_created on idempotency (created_at)',
    `create table rate_window (name text primary key, hits ${d.int} not null, reset_at ${d.int} not null)${d.strict}`,
  ],
};
