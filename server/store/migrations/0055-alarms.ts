// When a trigger's time comes next: of the schedules, dates and silences that live flows wait for.
import type { Migration } from '../migrations.ts';

export const alarms: Migration = {
  name: '0055-alarms',
  up: (d) => [
    `create table alarm (
      flow_id ${d.int} not null references flow (id) on delete cascade, trigger_id text not null,
      bot_id ${d.int} not null, due_at ${d.int} not null, primary key (flow_id, trigger_id))${d.strict}`,
    'create index alarm_due on alarm (due_at)',
  ],
};
