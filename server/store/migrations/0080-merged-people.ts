// People whom the team has found to be one: under what their channels know them, and who began which conversation.
import type { Migration } from '../migrations.ts';

export const mergedPeople: Migration = {
  name: '0080-merged-people',
  up: (d) => [
    // A channel goes on calling somebody what it called them before they became part of another.
    `create table subscriber_alias (
      bot_id ${d.int} not null, channel text not null, user_id text not null,
      subscriber_id ${d.int} not null references subscriber (id) on delete cascade,
      primary key (bot_id, user_id, channel))${d.strict}`,
    'create index subscriber_alias_subscriber on subscriber_alias (subscriber_id)',
    // Who it was begun as, where its person was put together of several since.
    `alter table conversation add column met_as ${d.int}`,
  ],
};
