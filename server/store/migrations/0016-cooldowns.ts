// Until when a trigger rests for a subscriber who has set it off.
import type { Migration } from '../migrations.ts';

export const cooldowns: Migration = {
  name: '0016-cooldowns',
  up: (d) => [
    `create table cooldown (
      subscriber_id ${d.int} not null references subscriber (id) on delete cascade,
      flow_id ${d.int} not null references flow (id) on delete cascade, trigger_id text not null, until ${d.int} not null,
      primary key (subscriber_id, flow_id, trigger_id))${d.strict}`,
    'create index cooldown_flow on cooldown (flow_id)',
  ],
};
