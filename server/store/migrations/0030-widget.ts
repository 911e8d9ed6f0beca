// What the widget knows beyond the five calls: how a site looks and asks, who a visitor is, what was sent under which id
// of a browser's own, and how far both sides have read.
import type { Migration } from '../migrations.ts';

export const widget: Migration = {
  name: '0030-widget',
  up: (d) => [
    "alter table site add column settings text not null default '{}'",
    `alter table site add column identity_current ${d.int} not null default 1`,
    `alter table site add column identity_oldest ${d.int} not null default 1`,
    'alter table conversation add column opening text',
    'alter table conversation add column context text',
    `alter table conversation add column token_epoch ${d.int} not null default 0`,
    `alter table conversation add column visitor_read_seq ${d.int} not null default 0`,
    'alter table message add column client_id text',
    'create unique index message_client on message (conversation_id, client_id) where client_id is not null',
    // A person who has proved who they are has a token on each device.
    `create table device (
      hash text primary key, bot_id ${d.int} not null, site_id ${d.int} not null references site (id) on delete cascade,
      subscriber_id ${d.int} not null references subscriber (id) on delete cascade,
      created_at ${d.int} not null, used_at ${d.int} not null)${d.strict}`,
    'create index device_subscriber on device (subscriber_id, used_at)',
    'create index device_used on device (used_at)',
    'create index conversation_site on conversation (site_id, subscriber_id) where site_id is not null',
  ],
};
