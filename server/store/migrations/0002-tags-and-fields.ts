// Tags and fields of a bot. User and bot fields share one table because they share one number space (`f1v2`).
import type { Migration } from '../migrations.ts';

export const tagsAndFields: Migration = {
  name: '0002-tags-and-fields',
  up: (d) => [
    `create table tag (
      id ${d.id}, bot_id ${d.int} not null references bot (id) on delete cascade,
      name text not null, name_key text not null, created_at ${d.int} not null)${d.strict}`,
    'create unique index tag_name on tag (bot_id, name_key)',
    'create index tag_bot on tag (bot_id, id, name_key)',
    ...d.search({ table: 'tag', owner: 'bot_id', text: 'name_key' }),
    `create table field (
      id ${d.id}, bot_id ${d.int} not null references bot (id) on delete cascade, owner text not null,
      name text not null, name_key text not null, var_type text not null, description text not null,
      display_type text not null, value text not null, is_template_field ${d.int} not null,
      created_at ${d.int} not null, updated_at ${d.int} not null)${d.strict}`,
    'create unique index field_name on field (bot_id, owner, name_key)',
    'create index field_bot on field (bot_id, owner, id, name_key)',
    ...d.search({ table: 'field', owner: 'bot_id', text: 'name_key' }),
    // How many rows a list has, kept in the transaction that changes it: counting a million rows takes too long.
    `create table tally (list text not null, owner_id ${d.int} not null, n ${d.int} not null, edits ${d.int} not null, primary key (list, owner_id))${d.strict}`,
  ],
};
