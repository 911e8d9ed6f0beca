// Flows of a bot: the draft people edit, the immutable versions that run, and which one a bot starts with.
import type { Migration } from '../migrations.ts';

export const flows: Migration = {
  name: '0010-flows',
  up: (d) => [
    `create table flow (
      id ${d.id}, bot_id ${d.int} not null references bot (id) on delete cascade, slug text not null, name text not null,
      name_key text not null, document text not null, rev ${d.int} not null, published ${d.int},
      created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create unique index flow_slug on flow (bot_id, slug)',
    'create index flow_bot on flow (bot_id, id)',
    `create table flow_version (
      flow_id ${d.int} not null references flow (id) on delete cascade, n ${d.int} not null, digest text not null,
      document text not null, message text not null, author text not null, at ${d.int} not null, primary key (flow_id, n))${d.strict}`,
    // Blocks have numbers of their own at the platform door (f1n7), which outlive a rename of the draft around them.
    `create table flow_place (
      id ${d.id}, bot_id ${d.int} not null, flow_id ${d.int} not null references flow (id) on delete cascade, place text not null)${d.strict}`,
    'create unique index flow_place_name on flow_place (flow_id, place)',
    `create table flow_start (
      bot_id ${d.int} not null references bot (id) on delete cascade, door text not null,
      flow_id ${d.int} not null references flow (id) on delete cascade, primary key (bot_id, door))${d.strict}`,
  ],
};
