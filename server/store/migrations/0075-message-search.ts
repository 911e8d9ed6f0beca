// What was said becomes findable by its words. A turn writes nothing into it: database/words.ts.
import type { Migration } from '../migrations.ts';

export const messageSearch: Migration = {
  name: '0075-message-search',
  up: (d) => d.words({ table: 'message' }),
};
