// Fields of a bot whichever owner they are of, newest first, without a sort.
import type { Migration } from '../migrations.ts';

export const fieldsOfBoth: Migration = {
  name: '0065-fields-of-both',
  up: () => ['create index field_any on field (bot_id, id)'],
};
