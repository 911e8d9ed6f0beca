// Conversations that call nobody.
import type { Migration } from '../migrations.ts';

export const muted: Migration = {
  name: '0081-muted',
  up: (d) => [`alter table conversation add column muted_at ${d.int}`],
};
