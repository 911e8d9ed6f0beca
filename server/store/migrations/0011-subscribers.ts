// Subscribers, what is known of them, and what they did.
import type { Migration } from '../migrations.ts';

export const subscribers: Migration = {
  name: '0011-subscribers',
  up: (d) => [
    `create table subscriber (
      id ${d.id}, bot_id ${d.int} not null references bot (id) on delete cascade, channel text not null, user_id text not null,
      name text not null, name_key text not null, first_name text, last_name text, email text, email_key text, phone text,
      gender text, image text, locale text, language text, time_zone text, country text,
      subscribed_at ${d.int}, opted_in_email_at ${d.int}, opted_in_sms_at ${d.int}, opted_in_through text,
      last_interaction_at ${d.int}, last_seen_at ${d.int}, last_message_at ${d.int}, last_message_type text,
      paused_until ${d.int}, fields text not null, created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create unique index subscriber_user on subscriber (bot_id, channel, user_id)',
    'create index subscriber_bot on subscriber (bot_id, id)',
    ...d.search({ table: 'subscriber', owner: 'bot_id', text: 'name_key' }),
    'create index subscriber_phone on subscriber (bot_id, phone) where phone is not null',
    'create index subscriber_email on subscriber (bot_id, email_key) where email_key is not null',
    `create table subscriber_tag (
      subscriber_id ${d.int} not null references subscriber (id) on delete cascade,
      tag_id ${d.int} not null references tag (id) on delete cascade, primary key (subscriber_id, tag_id))${d.strict}`,
    'create index subscriber_tag_tag on subscriber_tag (tag_id, subscriber_id)',
    `create table label (
      id ${d.id}, workspace_id ${d.int} not null references workspace (id) on delete cascade, name text not null,
      name_key text not null, created_at ${d.int} not null)${d.strict}`,
    'create unique index label_name on label (workspace_id, name_key)',
    `create table subscriber_label (
      subscriber_id ${d.int} not null references subscriber (id) on delete cascade,
      label_id ${d.int} not null references label (id) on delete cascade, primary key (subscriber_id, label_id))${d.strict}`,
    `create table custom_event (
      id ${d.id}, bot_id ${d.int} not null references bot (id) on delete cascade, name text not null, name_key text not null,
      created_at ${d.int} not null)${d.strict}`,
    'create unique index custom_event_name on custom_event (bot_id, name_key)',
    `create table custom_event_log (
      id ${d.id}, bot_id ${d.int} not null, event_id ${d.int} not null references custom_event (id) on delete cascade,
      subscriber_id ${d.int} not null references subscriber (id) on delete cascade, data text not null, at ${d.int} not null)${d.strict}`,
    'create index custom_event_log_event on custom_event_log (event_id, id)',
  ],
};
