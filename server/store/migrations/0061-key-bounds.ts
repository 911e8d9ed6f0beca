// What a key is held to besides its scopes: how often it may call, which flows its chats may run, and in whose words it
// is answered.
import type { Migration } from '../migrations.ts';

export const keyBounds: Migration = {
  name: '0061-key-bounds',
  up: (d) => [
    `alter table api_key add column rate_per_minute ${d.int}`,
    'alter table api_key add column flows text',
    `alter table api_key add column status_vocabulary text not null default 'usual'`,
  ],
};
